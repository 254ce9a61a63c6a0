#include "symbol_index.h"
#include <dwarf.h>
#include <string.h>

static struct unit *add_unit(struct symbol_file *file, Dwarf_Die *die)
{
    struct unit *unit = arena_take(&file->arena, sizeof *unit);
    unit->die = *die;
    return unit;
}

void symbol_dwarf_open(struct symbol_file *file)
{
    file->dwarf = dwfl_module_getdwarf(file->module, &file->dwarf_bias);
    if (!file->dwarf)
        return;
    Dwarf_CU *cu = NULL;
    Dwarf_Die die, split;
    uint8_t unit_type;
    /* All units, not .debug_aranges: clang does not write those. */
    while (dwarf_get_units(file->dwarf, cu, &cu, NULL, &unit_type, &die, &split) == 0) {
        if (unit_type != DW_UT_compile && unit_type != DW_UT_skeleton)
            continue;
        bool is_split = unit_type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid;
        struct unit *unit = add_unit(file, is_split ? &split : &die);
        size_t before = file->units.count;
        ranges_add_die(&file->units, &die, unit);
        if (file->units.count == before)
            ranges_add(&file->data_units, file->data_units.count, file->data_units.count + 1, unit);
    }
    ranges_sort(&file->units);
}

/* ---- functions of a unit, inlined calls of a function ---- */

/* Compilers put nearly all functions at the unit's top or into namespaces (Rust: into types, too).
   What is nested deeper - methods of local classes, lambdas of functions that were inlined
   everywhere, nested functions - is looked for only when an address is not found there: bodies are
   long. */
static bool holds_functions(int tag, int language)
{
    switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
        return true;
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
        return language == DW_LANG_Rust;
    default:
        return false;
    }
}

static void add_function(struct symbol_file *file, struct ranges *ranges, Dwarf_Die *die)
{
    if (!dwarf_hasattr(die, DW_AT_low_pc) && !dwarf_hasattr(die, DW_AT_ranges))
        return;
    struct subprogram *function = arena_take(&file->arena, sizeof *function);
    function->die = *die;
    ranges_add_die(ranges, die, function);
}

static void index_functions(struct symbol_file *file, struct unit *unit, Dwarf_Die *parent,
                            int language, bool deep, unsigned depth)
{
    Dwarf_Die die;
    if (depth > 256 || dwarf_child(parent, &die))
        return;
    do {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram)
            add_function(file, deep ? &unit->nested : &unit->functions, &die);
        if (deep || holds_functions(tag, language))
            index_functions(file, unit, &die, language, deep, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static void index_inlined(struct symbol_file *file, struct subprogram *function, Dwarf_Die *parent,
                          unsigned depth, unsigned nesting)
{
    Dwarf_Die die;
    if (nesting > 256 || dwarf_child(parent, &die))
        return;
    do {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block) {
            index_inlined(file, function, &die, depth, nesting + 1);
        } else if (tag == DW_TAG_inlined_subroutine) {
            struct inlined *inlined = arena_take(&file->arena, sizeof *inlined);
            *inlined = (struct inlined){die, depth + 1};
            ranges_add_die(&function->inlined, &die, inlined);
            index_inlined(file, function, &die, depth + 1, nesting + 1);
        }
    } while (dwarf_siblingof(&die, &die) == 0);
}

static const struct range *find_function(struct symbol_file *file, struct unit *unit,
                                         uint64_t address)
{
    int language = dwarf_srclang(&unit->die);
    if (!unit->indexed) {
        unit->indexed = true;
        index_functions(file, unit, &unit->die, language, false, 0);
        ranges_sort(&unit->functions);
    }
    const struct range *row = ranges_find(&unit->functions, address);
    if (row)
        return row;
    if (!unit->nested_indexed) {
        unit->nested_indexed = true;
        index_functions(file, unit, &unit->die, language, true, 0);
        ranges_sort(&unit->nested);
    }
    return ranges_find(&unit->nested, address);
}

static struct subprogram *function_at(struct symbol_file *file, struct unit *unit, uint64_t address)
{
    const struct range *row = find_function(file, unit, address);
    if (!row)
        return NULL;
    struct subprogram *function = row->of;
    if (!function->indexed) {
        function->indexed = true;
        index_inlined(file, function, &function->die, 0, 0);
        ranges_sort(&function->inlined);
    }
    return function;
}

bool symbol_function_at(struct symbol_file *file, uint64_t address, Dwarf_Die *ret_die,
                        uint64_t *ret_start)
{
    const struct range *unit =
        file->dwarf ? ranges_find(&file->units, address - file->dwarf_bias) : NULL;
    const struct range *row =
        unit ? find_function(file, unit->of, address - file->dwarf_bias) : NULL;
    if (!row)
        return false;
    *ret_die = ((struct subprogram *)row->of)->die;
    *ret_start = row->low + file->dwarf_bias;
    return true;
}

/* ---- answers ---- */

static const char *die_name(struct symbol_file *file, Dwarf_Die *die)
{
    static const unsigned names[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name};
    for (unsigned i = 0; i < 3; i++) {
        Dwarf_Attribute attribute;
        const char *name = dwarf_formstring(dwarf_attr_integrate(die, names[i], &attribute));
        if (name && *name)
            return symbol_clean_name(file, name);
    }
    return NULL;
}

/* Drops "/./" and "x/../" from a path that has them; the compiler puts directories together. */
static const char *clean_path(struct symbol_file *file, const char *path)
{
    if (!path || (!strstr(path, "/../") && !strstr(path, "/./") && !strstr(path, "//")))
        return path;
    char *copy = arena_text(&file->arena, path, strlen(path)), *out = copy;
    const char *in = path;
    while (*in) {
        size_t part = strcspn(in + 1, "/") + 1;
        if (*in != '/') {
            out = mempcpy(out, in, part);
        } else if (part == 1 || (part == 2 && in[1] == '.')) {
            /* nothing */
        } else if (part == 3 && in[1] == '.' && in[2] == '.' && out > copy && copy[0] == '/') {
            while (out > copy && *--out != '/')
                ;
        } else {
            out = mempcpy(out, in, part);
        }
        in += part;
    }
    *out = 0;
    return copy;
}

/* The source that the line table names: relative names (DWARF 5, as meson and cmake have them
   built) are below the folder in which the compiler ran. */
const char *symbol_source_path(struct symbol_file *file, Dwarf_Die *unit, const char *path)
{
    Dwarf_Attribute attribute;
    const char *folder = NULL;
    if (path && *path != '/' && dwarf_attr(unit, DW_AT_comp_dir, &attribute))
        folder = dwarf_formstring(&attribute);
    if (folder && *folder == '/')
        path = arena_print(&file->arena, "%s/%s", folder, path);
    return clean_path(file, path);
}

static void set_line(struct symbol_file *file, struct unit *unit, uint64_t address,
                     struct place_name *name)
{
    Dwarf_Line *line = dwarf_getsrc_die(&unit->die, address);
    int number = 0, column = 0;
    if (!line || dwarf_lineno(line, &number) || number <= 0)
        return;
    name->file = symbol_source_path(file, &unit->die, dwarf_linesrc(line, NULL, NULL));
    name->line = (unsigned)number;
    if (!dwarf_linecol(line, &column) && column > 0)
        name->column = (unsigned)column;
}

static unsigned attribute_number(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &value) ||
        value > 0x7fffffff)
        return 0;
    return (unsigned)value;
}

/* Where an inlined function was called: the place of the frame around it. */
static void set_call_site(struct symbol_file *file, struct unit *unit, Dwarf_Die *inlined,
                          struct place_name *name)
{
    Dwarf_Files *files;
    size_t count;
    unsigned index = attribute_number(inlined, DW_AT_call_file);
    if (index && !dwarf_getsrcfiles(&unit->die, &files, &count) && index < count)
        name->file = symbol_source_path(file, &unit->die, dwarf_filesrc(files, index, NULL, NULL));
    name->line = attribute_number(inlined, DW_AT_call_line);
    name->column = attribute_number(inlined, DW_AT_call_column);
}

#define INLINE_DEPTH_MAX 64

/* The inlined calls around address, outermost first. */
static unsigned inlined_chain(const struct subprogram *function, uint64_t address,
                              struct inlined **chain)
{
    unsigned depth = 0;
    const struct ranges *ranges = &function->inlined;
    for (size_t i = 0; i < ranges->count && ranges->rows[i].low <= address; i++) {
        struct inlined *inlined = ranges->rows[i].of;
        if (address >= ranges->rows[i].high || inlined->depth > INLINE_DEPTH_MAX)
            continue;
        chain[inlined->depth - 1] = inlined;
        if (inlined->depth > depth)
            depth = inlined->depth;
    }
    return depth;
}

const struct place_names *symbol_dwarf_at(struct symbol_file *file, uint64_t address)
{
    const struct range *row =
        file->dwarf ? ranges_find(&file->units, address - file->dwarf_bias) : NULL;
    if (!row)
        return NULL;
    address -= file->dwarf_bias;
    struct unit *unit = row->of;
    struct subprogram *function = function_at(file, unit, address);
    struct inlined *chain[INLINE_DEPTH_MAX] = {NULL};
    unsigned depth = function ? inlined_chain(function, address, chain) : 0;
    struct place_names *names =
        arena_take(&file->arena, sizeof *names + (depth + 1) * sizeof names->names[0]);
    set_line(file, unit, address, &names->names[0]);
    for (unsigned i = depth; i > 0; i--) {
        struct inlined *inlined = chain[i - 1];
        if (!inlined) /* a range that its parent does not cover: damaged or odd DWARF */
            continue;
        struct place_name *name = &names->names[names->count++];
        name->function = die_name(file, &inlined->die);
        name->inlined = true;
        set_call_site(file, unit, &inlined->die, name + 1);
    }
    if (function)
        names->names[names->count].function = die_name(file, &function->die);
    names->count++;
    return names;
}
