/* Global and thread-local variables by address, and the member that an address is: "table.rows[3]".
   Ranges and names come from the ELF symbols, types and lines from DWARF where there is some. */
#include "symbol_index.h"
#include <dwarf.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* DIEs looked at for variables of one file: a third of a second. Beyond that variables have the
   names that the symbol table knows. */
#define DIES_MAX 3000000u

struct variable {
    Dwarf_Die die;
    const char *function; /* whose static variable it is; NULL */
};

/* ---- the index ---- */

/* Where a variable lies: a fixed address, or an offset in the thread's memory. */
static bool location_of(Dwarf_Die *die, uint64_t *ret_address, bool *ret_thread_local)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *ops;
    size_t count;
    if (!dwarf_attr(die, DW_AT_location, &attribute) ||
        dwarf_getlocation(&attribute, &ops, &count) || !count)
        return false;
    bool address = ops[0].atom == DW_OP_addr || ops[0].atom == DW_OP_addrx;
    bool number = ops[0].atom == DW_OP_const4u || ops[0].atom == DW_OP_const8u;
    *ret_address = ops[0].number;
    *ret_thread_local = count == 2 && (ops[1].atom == DW_OP_GNU_push_tls_address ||
                                       ops[1].atom == DW_OP_form_tls_address);
    if (*ret_thread_local)
        return number || address;
    if (!address || count != 1)
        return false;
    if (ops[0].atom == DW_OP_addrx) {
        Dwarf_Attribute result;
        return !dwarf_getlocation_attr(&attribute, &ops[0], &result) &&
               !dwarf_formaddr(&result, ret_address);
    }
    return true;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *ret_type)
{
    Dwarf_Attribute attribute;
    return dwarf_attr_integrate(die, DW_AT_type, &attribute) &&
           dwarf_formref_die(&attribute, ret_type) && !dwarf_peel_type(ret_type, ret_type);
}

static void add_variable(struct symbol_file *file, Dwarf_Die *die, const char *function)
{
    uint64_t address;
    Dwarf_Word size;
    Dwarf_Die type;
    bool thread_local;
    if (!location_of(die, &address, &thread_local) || !type_of(die, &type) ||
        dwarf_aggregate_size(&type, &size) || !size)
        return;
    struct variable *variable = arena_take(&file->arena, sizeof *variable);
    *variable = (struct variable){*die, function};
    if (!thread_local)
        address += file->dwarf_bias;
    ranges_add(thread_local ? &file->thread_variables : &file->variables, address, address + size,
               variable);
}

static void index_variables(struct symbol_file *file, Dwarf_Die *parent, const char *function,
                            unsigned depth, unsigned *left)
{
    Dwarf_Die die;
    if (depth > 64 || dwarf_child(parent, &die))
        return;
    do {
        int tag = dwarf_tag(&die);
        if (!*left || !--*left)
            return;
        if (tag == DW_TAG_variable)
            add_variable(file, &die, function);
        else if (tag == DW_TAG_subprogram)
            index_variables(file, &die, dwarf_diename(&die), depth + 1, left);
        else if (tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_lexical_block)
            index_variables(file, &die, function, depth + 1, left);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static void index_units(struct symbol_file *file, struct ranges *units, unsigned *left)
{
    for (size_t i = 0; i < units->count; i++) {
        struct unit *unit = units->rows[i].of;
        if (!unit->variables_indexed) /* a unit has a row for each of its ranges */
            index_variables(file, &unit->die, NULL, 0, left);
        unit->variables_indexed = true;
    }
}

static void index_all(struct symbol_file *file)
{
    if (file->variables_indexed)
        return;
    file->variables_indexed = true;
    unsigned left = DIES_MAX;
    index_units(file, &file->units, &left);
    index_units(file, &file->data_units, &left);
    ranges_sort(&file->variables);
    ranges_sort(&file->thread_variables);
}

/* ---- the member at an offset ---- */

struct path {
    char text[256];
    size_t length;
    uint64_t offset, size; /* what is left of the one, what was touched */
    uint64_t unnamed;      /* gone into members without a name since the last one with */
    bool inside_unnamed;
};

__attribute__((format(printf, 2, 3))) static void append(struct path *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more =
        vsnprintf(path->text + path->length, sizeof path->text - path->length, format, arguments);
    va_end(arguments);
    if (more > 0 && (size_t)more < sizeof path->text - path->length)
        path->length += (size_t)more;
    else
        path->text[path->length] = 0;
}

/* Names of an implementation's inside ("__data", "_M_mutex") say nothing to who uses it. */
static bool is_reserved(const char *name)
{
    return name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
}

uint64_t symbol_member_offset(Dwarf_Die *member)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (dwarf_attr(member, DW_AT_data_member_location, &attribute) &&
        !dwarf_formudata(&attribute, &value))
        return value;
    if (dwarf_attr(member, DW_AT_data_bit_offset, &attribute) &&
        !dwarf_formudata(&attribute, &value))
        return value / 8;
    return 0;
}

/* One step into a struct, class or union. False: no member that says more. */
static bool enter_member(struct path *path, Dwarf_Die *type)
{
    Dwarf_Die member, inner;
    Dwarf_Word size;
    if (dwarf_child(type, &member))
        return false;
    do {
        int tag = dwarf_tag(&member);
        bool part = tag == DW_TAG_member || tag == DW_TAG_inheritance;
        if (!part || !type_of(&member, &inner) || dwarf_aggregate_size(&inner, &size))
            continue;
        uint64_t at = symbol_member_offset(&member);
        if (path->offset < at || path->offset - at >= size)
            continue;
        const char *name = dwarf_diename(&member);
        if (name && is_reserved(name))
            return false;
        bool named = name && tag == DW_TAG_member;
        if (named)
            append(path, ".%s", name);
        path->offset -= at;
        path->unnamed = named ? 0 : path->unnamed + at;
        path->inside_unnamed = !named;
        *type = inner;
        return true;
    } while (dwarf_siblingof(&member, &member) == 0);
    return false;
}

/* One step into an array of however many dimensions. */
static bool enter_element(struct path *path, Dwarf_Die *type)
{
    Dwarf_Die inner, range;
    Dwarf_Word whole, size, counts[4];
    unsigned dimensions = 0;
    if (!type_of(type, &inner) || dwarf_aggregate_size(&inner, &size) || !size ||
        dwarf_aggregate_size(type, &whole) || path->offset >= whole || dwarf_child(type, &range))
        return false;
    if (!path->offset && path->size > size) /* several elements from the first on */
        return false;
    do {
        Dwarf_Attribute attribute;
        Dwarf_Word count;
        if (dwarf_tag(&range) != DW_TAG_subrange_type || dimensions == 4)
            continue;
        if (dwarf_attr(&range, DW_AT_count, &attribute) && !dwarf_formudata(&attribute, &count))
            counts[dimensions++] = count;
        else if (dwarf_attr(&range, DW_AT_upper_bound, &attribute) &&
                 !dwarf_formudata(&attribute, &count))
            counts[dimensions++] = count + 1;
    } while (dwarf_siblingof(&range, &range) == 0);
    uint64_t index = path->offset / size, row = whole / size;
    for (unsigned i = 0; i < dimensions && counts[i]; i++) {
        row /= counts[i];
        append(path, "[%llu]", (unsigned long long)(row ? index / row : index));
        index = row ? index % row : 0;
    }
    path->offset %= size;
    path->unnamed = 0;
    path->inside_unnamed = false;
    *type = inner;
    return dimensions;
}

static void walk_type(struct path *path, Dwarf_Die *variable)
{
    Dwarf_Die type;
    Dwarf_Word size;
    bool inside = type_of(variable, &type);
    for (unsigned depth = 0; inside && depth < 16; depth++) {
        bool whole = !path->inside_unnamed && !path->offset &&
                     !dwarf_aggregate_size(&type, &size) && path->size >= size && size;
        int tag = dwarf_tag(&type);
        if (whole)
            return;
        if (tag == DW_TAG_array_type)
            inside = enter_element(path, &type);
        else if (tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
                 tag == DW_TAG_union_type)
            inside = enter_member(path, &type);
        else
            return;
    }
}

/* ---- answers ---- */

static const char *base_name(struct symbol_file *file, struct variable *variable, const char *raw)
{
    Dwarf_Attribute attribute;
    const char *name = variable ? dwarf_diename(&variable->die) : NULL;
    const char *linked =
        variable
            ? dwarf_formstring(dwarf_attr_integrate(&variable->die, DW_AT_linkage_name, &attribute))
            : NULL;
    if (linked)
        return symbol_clean_name(file, linked);
    if (name && variable->function) /* "count.0" in the symbol table */
        return arena_print(&file->arena, "%s::%s", variable->function, name);
    /* A variable in a namespace of this file only has no linkage name, but its symbol has one. */
    return raw && (!name || !strncmp(raw, "_Z", 2)) ? symbol_clean_name(file, raw) : name;
}

static void set_declaration(struct symbol_file *file, Dwarf_Die *die, struct variable_name *ret)
{
    Dwarf_Die unit;
    Dwarf_Attribute attribute;
    Dwarf_Word line;
    if (!dwarf_attr_integrate(die, DW_AT_decl_line, &attribute) ||
        dwarf_formudata(&attribute, &line) || line > INT32_MAX || !dwarf_diecu(die, &unit, 0, 0))
        return;
    ret->file = symbol_source_path(file, &unit, dwarf_decl_file(die));
    ret->line = (unsigned)line;
}

static const struct variable_name *name_of(struct symbol_file *file, const struct range *row,
                                           const char *raw, uint64_t low, uint64_t address,
                                           uint64_t size)
{
    struct variable *variable = row ? row->of : NULL;
    struct variable_name *ret = arena_take(&file->arena, sizeof *ret);
    struct path path = {.offset = address - low, .size = size};
    const char *base = base_name(file, variable, raw);
    if (!base)
        return NULL;
    if (variable) {
        walk_type(&path, &variable->die);
        path.offset += path.unnamed;
        set_declaration(file, &variable->die, ret);
    }
    if (path.offset)
        append(&path, "+%llu", (unsigned long long)path.offset);
    ret->name = arena_print(&file->arena, "%s%s", base, path.text);
    return ret;
}

const struct variable_name *symbol_variable(struct symbol_file *file, uint64_t address,
                                            uint64_t size)
{
    uint64_t offset = 0;
    if (!symbol_file_ready(file))
        return NULL;
    index_all(file);
    const char *raw = symbol_table_object(file, address, &offset);
    const struct range *row = ranges_find(&file->variables, address);
    if (!raw && !row)
        return NULL;
    /* Both know it, and agree on where it begins; else the symbol knows what the linker made of it.
     */
    if (raw && row && row->low != address - offset)
        row = NULL;
    return name_of(file, row, raw, row ? row->low : address - offset, address, size);
}

bool symbol_variable_die(struct symbol_file *file, uint64_t address, Dwarf_Die *ret_die,
                         uint64_t *ret_low)
{
    index_all(file);
    const struct range *row = ranges_find(&file->variables, address);
    if (!row)
        return false;
    *ret_die = ((struct variable *)row->of)->die;
    *ret_low = row->low;
    return true;
}

/* ---- thread-local variables of an executable ---- */

/* The executable's thread-local memory ends where the thread pointer points (x86-64 psABI: variant
   II): its size, rounded up to its alignment. 0: it has none. */
static uint64_t thread_size(struct symbol_file *file)
{
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(file->module, &bias);
    size_t count;
    if (!elf || elf_getphdrnum(elf, &count))
        return 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_TLS && header.p_memsz) {
            uint64_t align = header.p_align ? header.p_align : 1;
            return (header.p_memsz + align - 1) / align * align;
        }
    }
    return 0;
}

const struct variable_name *symbol_thread_variable(struct symbol_file *file, uint64_t below,
                                                   uint64_t size)
{
    uint64_t whole = symbol_file_ready(file) ? thread_size(file) : 0;
    if (!below || below > whole)
        return NULL;
    index_all(file);
    uint64_t offset = whole - below, in_symbol = 0;
    const char *raw = symbol_table_thread_object(file, offset, &in_symbol);
    const struct range *row = ranges_find(&file->thread_variables, offset);
    if (!raw && !row)
        return NULL;
    return name_of(file, row, raw, row ? row->low : offset - in_symbol, offset, size);
}
