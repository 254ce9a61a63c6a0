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

/* Hand-written assembler often has no type; such labels count as code when they have a size. */
static struct ranges *index_for(struct symbol_file *file, const GElf_Sym *symbol)
{
    switch (GELF_ST_TYPE(symbol->st_info)) {
    case STT_FUNC:
    case STT_GNU_IFUNC:
        return &file->symbols;
    case STT_NOTYPE:
        return symbol->st_size ? &file->symbols : NULL;
    case STT_OBJECT:
        return symbol->st_size ? &file->objects : NULL;
    case STT_TLS:
        return symbol->st_size ? &file->thread_objects : NULL;
    default:
        return NULL;
    }
}

/* Functions and variables of .symtab, .dynsym or MiniDebugInfo, as libdwfl picks them. */
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
        if (!name || !*name || symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS)
            continue;
        struct ranges *index = index_for(file, &symbol);
        if (index)
            ranges_add(index, address, address + (symbol.st_size ? symbol.st_size : 1),
                       (void *)name);
    }
    ranges_sort(&file->symbols);
    ranges_sort(&file->objects);
    ranges_sort(&file->thread_objects);
    stretch_unsized(&file->symbols);
}

static const struct range *find(struct symbol_file *file, struct ranges *index, uint64_t address)
{
    if (!file->symbols_indexed)
        index_symbols(file);
    return ranges_find(index, address);
}

const char *symbol_table_at(struct symbol_file *file, uint64_t address)
{
    const struct range *row = find(file, &file->symbols, address);
    return row ? row->of : NULL;
}

static const char *find_object(struct symbol_file *file, struct ranges *index, uint64_t address,
                               uint64_t *ret_offset)
{
    const struct range *row = find(file, index, address);
    if (row)
        *ret_offset = address - row->low;
    return row ? row->of : NULL;
}

const char *symbol_table_object(struct symbol_file *file, uint64_t address, uint64_t *ret_offset)
{
    return find_object(file, &file->objects, address, ret_offset);
}

const char *symbol_table_thread_object(struct symbol_file *file, uint64_t offset,
                                       uint64_t *ret_offset)
{
    return find_object(file, &file->thread_objects, offset, ret_offset);
}
