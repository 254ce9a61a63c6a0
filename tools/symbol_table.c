#include "symbol_index.h"
#include <gelf.h>
#include <string.h>

/* Symbols without a size (start-up code, assembler) reach to the next one. */
static void stretch_unsized(struct ranges *symbols)
{
    uint64_t next = 0;
    for (size_t i = symbols->count; i-- > 0;) {
        struct range *row = &symbols->rows[i];
        if (row->high - row->low == 1 && next > row->low)
            row->high = next;
        if (row->high - row->low > symbols->longest)
            symbols->longest = row->high - row->low;
        if (i && symbols->rows[i - 1].low != row->low)
            next = row->low;
    }
}

/* Functions of .symtab, .dynsym or MiniDebugInfo, as libdwfl picks them. */
static void index_symbols(struct symbol_file *file)
{
    file->symbols_indexed = true;
    int count = dwfl_module_getsymtab(file->module);
    for (int i = 1; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        GElf_Word section;
        Elf *elf;
        Dwarf_Addr bias;
        const char *name =
            dwfl_module_getsym_info(file->module, i, &symbol, &address, &section, &elf, &bias);
        unsigned type = GELF_ST_TYPE(symbol.st_info);
        if (!name || !*name || symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS)
            continue;
        /* Hand-written assembler often has no type; such labels count when they have a size. */
        bool code = type == STT_FUNC || type == STT_GNU_IFUNC;
        if (!code && !(type == STT_NOTYPE && symbol.st_size))
            continue;
        uint64_t size = symbol.st_size ? symbol.st_size : 1;
        ranges_add(&file->symbols, address, address + size, (void *)name);
    }
    ranges_sort(&file->symbols);
    stretch_unsized(&file->symbols);
}

const char *symbol_table_at(struct symbol_file *file, uint64_t address)
{
    if (!file->symbols_indexed)
        index_symbols(file);
    const struct range *row = ranges_find(&file->symbols, address);
    return row ? row->of : NULL;
}
