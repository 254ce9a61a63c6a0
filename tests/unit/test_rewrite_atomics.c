/* Movs that are atomic operations are marked, and no others: types.c and atomics.cc, whose
   functions say by their names what they touch. */
#include "rewrite/insn.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

/* What is marked in a function. */
struct counts {
    unsigned marked, locked, plain;
};

static struct counts count(const struct module *module, const GElf_Sym *symbol)
{
    struct counts counts = {0};
    for (uint32_t i = 0; i < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        uint64_t address = module->text_start + insn->offset;
        if (address < symbol->st_value || address >= symbol->st_value + symbol->st_size)
            continue;
        counts.locked += insn->access == MEMORY_LOCKED;
        if (insn->access != MEMORY_PLAIN)
            continue;
        bool marked = insn->flags & SITE_ATOMIC;
        counts.marked += marked;
        counts.plain += !marked;
    }
    return counts;
}

static void check(const struct module *module, const char *path, const char *name,
                  const GElf_Sym *symbol)
{
    struct counts counts = count(module, symbol);
    if (!strncmp(name, "exact_", 6))
        cr_expect(counts.marked || counts.locked, "%s in %s is not marked", name, path);
    else if (!strcmp(name, "plain_store_then_exact"))
        cr_expect(counts.plain && counts.marked <= 1, "%s in %s", name, path);
    else if (!strncmp(name, "plain_", 6) || !strncmp(name, "wanted_", 7))
        cr_expect_eq(counts.marked, 0, "%s in %s is marked", name, path);
}

static unsigned each_function(const struct module *module, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    GElf_Sym symbol;
    unsigned checked = 0;
    while ((section = elf_nextscn(elf, section))) {
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM)
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
            if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || !symbol.st_size)
                continue;
            check(module, path, elf_strptr(elf, header.sh_link, symbol.st_name), &symbol);
            checked++;
        }
    }
    elf_end(elf);
    close(fd);
    return checked;
}

static void look_through(const char *path, unsigned functions)
{
    struct module module;
    cr_assert(module_open(&module, path) && module_decode(&module), "%s", path);
    module_atomics(&module);
    cr_expect_geq(each_function(&module, path), functions);
    module_close(&module);
}

Test(rewrite_atomics, operands_of_atomic_types)
{
    look_through(TYPES_O0, 21);
    look_through(TYPES_O2, 21);
    look_through(TYPES_O3, 21);
}

Test(rewrite_atomics, functions_of_atomic_types)
{
    look_through(ATOMICS_O0, 4);
    look_through(ATOMICS_O2, 4);
}
