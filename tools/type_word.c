#include "type_word.h"
#include "type_inside.h"
#include <dwarf.h>
#include <string.h>

#define TYPE_DEPTH 24 /* steps into one type */

/* ---- what a type says of the bytes at an offset in it ---- */

bool type_of_die(Dwarf_Die *die, Dwarf_Die *ret_type)
{
    Dwarf_Attribute attribute;
    return dwarf_attr_integrate(die, DW_AT_type, &attribute) &&
           dwarf_formref_die(&attribute, ret_type);
}

static bool starts(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

/* Names by which people and libraries say what they mean. */
static enum type_word word_of_name(Dwarf_Die *type, int tag)
{
    const char *name = dwarf_diename(type);
    if (!name)
        return TYPE_PLAIN;
    if (tag == DW_TAG_structure_type || tag == DW_TAG_class_type) {
        if (starts(name, "atomic<") || starts(name, "__atomic_base<") ||
            !strcmp(name, "atomic_flag") ||
            (starts(name, "Atomic") &&
             (name[6] == 'U' || name[6] == 'I' || name[6] == 'B' || name[6] == 'P')))
            return TYPE_ATOMIC;
        return TYPE_PLAIN;
    }
    return tag == DW_TAG_typedef && (strstr(name, "atomic") || strstr(name, "Atomic"))
               ? TYPE_VOLATILE
               : TYPE_PLAIN;
}

static enum type_word stronger(enum type_word a, enum type_word b)
{
    return a > b ? a : b;
}

static enum type_word word_at(Dwarf_Die *type, uint64_t offset, unsigned depth,
                              Dwarf_Die *ret_last);

/* All members at this offset: a union has several. */
static enum type_word word_of_members(Dwarf_Die *type, uint64_t offset, unsigned depth,
                                      Dwarf_Die *ret_last)
{
    Dwarf_Die member, inner;
    Dwarf_Word size;
    enum type_word word = TYPE_UNKNOWN;
    if (dwarf_child(type, &member))
        return TYPE_UNKNOWN;
    do {
        int tag = dwarf_tag(&member);
        if ((tag != DW_TAG_member && tag != DW_TAG_inheritance && tag != DW_TAG_variant_part) ||
            !type_of_die(&member, &inner) || dwarf_aggregate_size(&inner, &size))
            continue;
        uint64_t at = symbol_member_offset(&member);
        if (offset >= at && offset - at < size)
            word = stronger(word, word_at(&inner, offset - at, depth + 1, ret_last));
    } while (dwarf_siblingof(&member, &member) == 0);
    return word;
}

/* ret_last: the innermost type there, without its qualifiers. */
static enum type_word word_at(Dwarf_Die *type, uint64_t offset, unsigned depth, Dwarf_Die *ret_last)
{
    Dwarf_Die inner;
    Dwarf_Word size;
    enum type_word word = TYPE_PLAIN;
    for (; depth < TYPE_DEPTH; depth++) {
        int tag = dwarf_tag(type);
        word = stronger(word, word_of_name(type, tag));
        if (tag == DW_TAG_atomic_type)
            word = TYPE_ATOMIC;
        else if (tag == DW_TAG_volatile_type)
            word = stronger(word, TYPE_VOLATILE);
        *ret_last = *type;
        switch (tag) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
            if (!type_of_die(type, &inner))
                return word;
            break;
        case DW_TAG_array_type:
            if (!type_of_die(type, &inner) || dwarf_aggregate_size(&inner, &size) || !size)
                return word;
            offset %= size;
            break;
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type:
            return word == TYPE_ATOMIC
                       ? word
                       : stronger(word, word_of_members(type, offset, depth, ret_last));
        default:
            return word;
        }
        *type = inner;
    }
    return TYPE_UNKNOWN;
}

enum type_word type_word_at(const Dwarf_Die *type, uint64_t offset, Dwarf_Die *ret_last)
{
    Dwarf_Die copy = *type;
    return word_at(&copy, offset, 0, ret_last);
}

enum type_word type_of_variable(struct symbol_file *file, uint64_t address)
{
    Dwarf_Die variable, type, last;
    uint64_t low;
    if (!symbol_file_ready(file) || !symbol_variable_die(file, address, &variable, &low) ||
        !type_of_die(&variable, &type))
        return TYPE_UNKNOWN;
    return type_word_at(&type, address - low, &last);
}

/* ---- a whole unit ---- */

static bool has_words(Dwarf_Die *parent, unsigned depth, unsigned *left)
{
    Dwarf_Die die;
    if (depth > 64 || dwarf_child(parent, &die))
        return false;
    do {
        int tag = dwarf_tag(&die);
        if (!*left || !--*left || tag == DW_TAG_volatile_type || tag == DW_TAG_atomic_type ||
            word_of_name(&die, tag) > TYPE_PLAIN || has_words(&die, depth + 1, left))
            return true;
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

/* DWARF before 5 drops _Atomic: a C unit that may have some proves nothing. */
static bool may_drop_atomic(Dwarf_Die *unit)
{
    Dwarf_Half version = 0;
    Dwarf_Die root;
    int language = dwarf_srclang(unit);
    if (!dwarf_cu_die(unit->cu, &root, &version, NULL, NULL, NULL, NULL, NULL))
        return true;
    bool is_c = language == DW_LANG_C || language == DW_LANG_C89 || language == DW_LANG_C99 ||
                language == DW_LANG_C11;
    return is_c && language != DW_LANG_C89 && version < 5;
}

#define UNIT_DIES_MOST 1000000u

enum type_word type_of_unit(struct symbol_file *file, uint64_t address)
{
    const struct range *row =
        file->dwarf ? ranges_find(&file->units, address - file->dwarf_bias) : NULL;
    if (!row)
        return TYPE_UNKNOWN;
    struct unit *unit = row->of;
    if (!unit->words_known) {
        unsigned left = UNIT_DIES_MOST;
        unit->words_known = true;
        unit->has_words = may_drop_atomic(&unit->die) || has_words(&unit->die, 0, &left);
    }
    return unit->has_words ? TYPE_UNKNOWN : TYPE_PLAIN;
}

static bool has_atomic(Dwarf_Die *unit)
{
    Dwarf_Die die;
    if (dwarf_child(unit, &die))
        return false;
    do
        if (dwarf_tag(&die) == DW_TAG_atomic_type)
            return true;
    while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

bool type_unit_has_atomic(struct symbol_file *file, uint64_t address)
{
    const struct range *row =
        file->dwarf ? ranges_find(&file->units, address - file->dwarf_bias) : NULL;
    if (!row)
        return false;
    struct unit *unit = row->of;
    if (!unit->atomic_known)
        unit->has_atomic = has_atomic(&unit->die);
    unit->atomic_known = true;
    return unit->has_atomic;
}
