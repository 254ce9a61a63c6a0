#include "own_order.h"
#include "elf_file.h"
#include <Zydis/Zydis.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Entries of debug information that are looked at before we give up and say yes. */
#define DIES_MOST 2000000u

/* Files whose own atomics are their own business. */
static bool is_runtime(const char *name)
{
    static const char *const prefixes[] = {
        "libc.so",     "libc-",        "ld-linux",       "libm.so",      "libpthread",
        "librt.so",    "libdl.so",     "libgcc_s.so",    "libstdc++.so", "libgfortran.so",
        "libquadmath", "linux-vdso",   "libholdfast.so", "libunwind",    "[vdso]",
        "libz.so",     "libresolv.so", "libnss_",        "libanl.so",    "libutil.so",
        "libcrypt.so", "libtsan.so",
    };
    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

/* ---- instructions ---- */

static bool is_atomic(const ZydisDecodedInstruction *instruction)
{
    if (instruction->attributes & ZYDIS_ATTRIB_HAS_LOCK)
        return true;
    /* xchg with memory locks by itself. */
    return instruction->mnemonic == ZYDIS_MNEMONIC_XCHG && instruction->raw.modrm.mod != 3 &&
           (instruction->attributes & ZYDIS_ATTRIB_HAS_MODRM);
}

static bool code_is_atomic(const uint8_t *code, size_t size)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction instruction;
    if (!ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)))
        return true;
    while (size) {
        bool known =
            ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code, size, &instruction));
        if (known && is_atomic(&instruction))
            return true;
        size_t step = known ? instruction.length : 1;
        code += step;
        size -= step;
    }
    return false;
}

static bool sections_are_atomic(const struct elf_file *elf)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf->elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS ||
            !(header.sh_flags & SHF_EXECINSTR))
            continue;
        const Elf_Data *data = elf_rawdata(section, NULL);
        if (!data || (data->d_size && code_is_atomic(data->d_buf, data->d_size)))
            return true;
    }
    return false;
}

/* ---- types ---- */

/* _Atomic of C11 (DWARF 5), and the templates of C++: what they do may be a plain mov. */
static bool die_is_atomic(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);
    if (tag == DW_TAG_atomic_type)
        return true;
    if (tag != DW_TAG_structure_type && tag != DW_TAG_class_type)
        return false;
    const char *name = dwarf_diename(die);
    return name && (!strncmp(name, "atomic<", 7) || !strncmp(name, "__atomic_base<", 14) ||
                    !strcmp(name, "atomic_flag"));
}

static bool tree_is_atomic(Dwarf_Die *die, unsigned *budget)
{
    Dwarf_Die child;
    for (int more = dwarf_child(die, &child); more == 0; more = dwarf_siblingof(&child, &child))
        if (!(*budget)-- || die_is_atomic(&child) || tree_is_atomic(&child, budget))
            return true;
    return false;
}

static bool types_are_atomic(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Dwarf *dwarf = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
    bool found = false;
    unsigned budget = DIES_MOST;
    Dwarf_CU *unit = NULL;
    Dwarf_Die root;
    while (dwarf && !found && dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &root, NULL) == 0)
        found = tree_is_atomic(&root, &budget);
    dwarf_end(dwarf);
    if (fd >= 0)
        close(fd);
    return found;
}

enum module_order own_order_in_file(const char *path)
{
    struct elf_file elf;
    if (elf_open(&elf, path))
        return MODULE_ORDER_ATOMICS;
    bool seen = elf_names_symbol(&elf, "__tsan_init");
    bool atomic = !seen && sections_are_atomic(&elf);
    elf_close(&elf);
    return seen                               ? MODULE_ORDER_SEEN
           : atomic || types_are_atomic(path) ? MODULE_ORDER_ATOMICS
                                              : MODULE_ORDER_CALLS;
}

enum module_order own_order_of_module(struct module *module)
{
    if (!module->order)
        module->order =
            is_runtime(module->name) ? MODULE_ORDER_CALLS : own_order_in_file(module->path);
    return module->order;
}

bool own_order_of(struct recording *recording)
{
    for (size_t i = 0; i < recording->module_count; i++)
        if (own_order_of_module(&recording->modules[i]) == MODULE_ORDER_ATOMICS)
            return true;
    return false;
}
