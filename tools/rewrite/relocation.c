/*
 * What the loader will store: addresses of this module that it relocates (RELA, RELR), symbols, the
 * program's entry, constructors. All that can become a code pointer.
 */
#include "scan.h"

#ifndef DT_RELR /* elf.h of glibc before 2.36 */
#define DT_RELRSZ 35
#define DT_RELR   36
#endif

struct pointers {
    void (*found)(void *arg, uint64_t address);
    void *arg;
};

bool module_dynamic(const struct module *module, int64_t tag, uint64_t *ret)
{
    Elf64_Ehdr elf;
    memcpy(&elf, module->file, sizeof elf);
    for (unsigned i = 0; i < elf.e_phnum; i++) {
        Elf64_Phdr header;
        Elf64_Dyn entry;
        memcpy(&header, module->file + elf.e_phoff + i * sizeof header, sizeof header);
        if (header.p_type != PT_DYNAMIC)
            continue;
        const uint8_t *at = module->file + header.p_offset;
        for (uint64_t left = header.p_filesz; left >= sizeof entry;
             left -= sizeof entry, at += sizeof entry) {
            memcpy(&entry, at, sizeof entry);
            if (entry.d_tag == DT_NULL)
                break;
            if (entry.d_tag == tag) {
                *ret = entry.d_un.d_val;
                return true;
            }
        }
    }
    return false;
}

static struct reader table(const struct module *module, int64_t tag, int64_t size_tag)
{
    uint64_t address = 0, size = 0;
    if (!module_dynamic(module, tag, &address) || !module_dynamic(module, size_tag, &size))
        size = 0;
    struct reader reader = module_reader(module, address);
    if (size < (uint64_t)(reader.end - reader.at))
        reader.end = reader.at + size;
    return reader;
}

/* The value of a symbol that this module defines; 0: undefined. */
static uint64_t symbol_value(const struct module *module, uint64_t symbols, uint64_t index)
{
    Elf64_Sym symbol = {0};
    struct reader reader = module_reader(module, symbols + index * sizeof symbol);
    if ((uint64_t)(reader.end - reader.at) >= sizeof symbol)
        memcpy(&symbol, reader.at, sizeof symbol);
    return symbol.st_shndx == SHN_UNDEF ? 0 : symbol.st_value;
}

static void rela_pointers(const struct module *module, int64_t tag, int64_t size_tag,
                          const struct pointers *to)
{
    struct reader reader = table(module, tag, size_tag);
    uint64_t symbols = 0;
    module_dynamic(module, DT_SYMTAB, &symbols);
    for (Elf64_Rela rela; (uint64_t)(reader.end - reader.at) >= sizeof rela;
         reader_skip(&reader, sizeof rela)) {
        memcpy(&rela, reader.at, sizeof rela);
        switch (ELF64_R_TYPE(rela.r_info)) {
        case R_X86_64_RELATIVE:
        case R_X86_64_IRELATIVE:
            to->found(to->arg, (uint64_t)rela.r_addend);
            break;
        case R_X86_64_JUMP_SLOT: {
            /* Until it is bound the slot leads back into the PLT: the file says where. */
            struct reader slot = module_reader(module, rela.r_offset);
            to->found(to->arg, reader_number(&slot, 8));
            break;
        }
        case R_X86_64_64:
        case R_X86_64_GLOB_DAT: {
            uint64_t value = symbol_value(module, symbols, ELF64_R_SYM(rela.r_info));
            if (value)
                to->found(to->arg, value + (uint64_t)rela.r_addend);
            break;
        }
        default:
            break;
        }
    }
}

static void relative_word(const struct module *module, uint64_t address, const struct pointers *to)
{
    struct reader word = module_reader(module, address);
    to->found(to->arg, reader_number(&word, 8));
}

/* An even entry is the address of a word; an odd one says by bits which of the next 63 words. */
static void relr_pointers(const struct module *module, const struct pointers *to)
{
    struct reader reader = table(module, DT_RELR, DT_RELRSZ);
    uint64_t next = 0;
    while (reader.end - reader.at >= 8) {
        uint64_t entry = reader_number(&reader, 8);
        if (!(entry & 1)) {
            relative_word(module, entry, to);
            next = entry + 8;
            continue;
        }
        for (uint64_t bits = entry >> 1, at = next; bits; bits >>= 1, at += 8)
            if (bits & 1)
                relative_word(module, at, to);
        next += 63 * 8;
    }
}

/* .symtab and .dynsym by section headers, where there are any. */
static void symbol_pointers(const struct module *module, const struct pointers *to)
{
    Elf64_Ehdr elf;
    memcpy(&elf, module->file, sizeof elf);
    if (elf.e_shentsize != sizeof(Elf64_Shdr) || elf.e_shoff > module->file_size ||
        elf.e_shnum > (module->file_size - elf.e_shoff) / sizeof(Elf64_Shdr))
        return;
    for (unsigned i = 0; i < elf.e_shnum; i++) {
        Elf64_Shdr section;
        memcpy(&section, module->file + elf.e_shoff + i * sizeof section, sizeof section);
        if ((section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM) ||
            section.sh_offset > module->file_size ||
            section.sh_size > module->file_size - section.sh_offset)
            continue;
        const uint8_t *at = module->file + section.sh_offset;
        for (uint64_t k = 0; k < section.sh_size / sizeof(Elf64_Sym); k++) {
            Elf64_Sym symbol;
            memcpy(&symbol, at + k * sizeof symbol, sizeof symbol);
            if (symbol.st_shndx != SHN_UNDEF && symbol.st_shndx < SHN_LORESERVE &&
                ELF64_ST_TYPE(symbol.st_info) != STT_TLS)
                to->found(to->arg, symbol.st_value);
        }
    }
}

void module_pointers(const struct module *module, void (*found)(void *arg, uint64_t address),
                     void *arg)
{
    const struct pointers to = {found, arg};
    Elf64_Ehdr elf;
    uint64_t address;
    memcpy(&elf, module->file, sizeof elf);
    found(arg, elf.e_entry);
    if (module_dynamic(module, DT_INIT, &address))
        found(arg, address);
    if (module_dynamic(module, DT_FINI, &address))
        found(arg, address);
    rela_pointers(module, DT_RELA, DT_RELASZ, &to);
    rela_pointers(module, DT_JMPREL, DT_PLTRELSZ, &to);
    relr_pointers(module, &to);
    symbol_pointers(module, &to);
}

void module_slots(const struct module *module, uint64_t *ret_start, uint64_t *ret_end)
{
    struct reader reader = table(module, DT_JMPREL, DT_PLTRELSZ);
    *ret_start = UINT64_MAX;
    *ret_end = 0;
    for (Elf64_Rela rela; (uint64_t)(reader.end - reader.at) >= sizeof rela;
         reader_skip(&reader, sizeof rela)) {
        memcpy(&rela, reader.at, sizeof rela);
        if (rela.r_offset < *ret_start)
            *ret_start = rela.r_offset;
        if (rela.r_offset >= *ret_end)
            *ret_end = rela.r_offset + 8;
    }
}
