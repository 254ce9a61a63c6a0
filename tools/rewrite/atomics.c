/*
 * Which movs are atomic operations: those in a function of std::atomic, core::sync::atomic and the
 * like, inlined or not, and those of memory that is declared _Atomic (DWARF 5). On x86 they
 * look like any other mov; names and types tell them apart (measured: REWRITE.md, 3). Nothing is
 * guessed: a mov that is not surely one stays plain.
 */
#include "scan.h"
#include "symbol_index.h"
#include "type_word.h"
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

/* Entries of debug information that are looked at: two seconds. */
#define DIES_MOST 20000000u

struct search {
    struct module *module;
    Dwarf_Addr bias;
    unsigned budget;
};

/* ---- names ---- */

static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) ? NULL : text + length;
}

/* Members of the class templates (Itanium mangling: _ZN, qualifiers, the nested name), and Rust's
   module in both of its manglings. A function that only takes such a type as an argument has the
   name further on. */
static bool is_operation(const char *name)
{
    static const char *const scopes[] = {
        "St6atomicI",
        "St13__atomic_baseI",
        "St13__atomic_impl",
        "St11atomic_flag",
        "St14__atomic_floatI",
        "St12__atomic_refI",
        "St10atomic_refI",
        "St3__16atomicI",
        "St3__113__atomic_baseI",
        "St3__111atomic_flag",
        "St3__117__cxx_atomic_impl",
        "St4__Cr6atomicI",
        "5boost7atomics",
        "4core4sync6atomic",
        "3std4sync6atomic",
    };
    static const char *const functions[] = {"_ZNSt3__1L", "_ZNSt3__1"};
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        const char *rest = after(name, functions[i]);
        while (rest && *rest >= '0' && *rest <= '9')
            rest++;
        if (rest && after(rest, "__cxx_atomic_"))
            return true;
    }
    const char *rest = after(name, "_ZN");
    if (!rest)
        return after(name, "_R") && strstr(name, "4core4sync6atomic");
    rest += strspn(rest, "rVKRO");
    for (unsigned i = 0; i < sizeof scopes / sizeof scopes[0]; i++)
        if (after(rest, scopes[i]))
            return true;
    return false;
}

/* ---- marking ---- */

static bool may_be_operation(const struct insn *insn)
{
    return insn->access == MEMORY_PLAIN && (insn->flags & SITE_MOVE) && insn->size <= 16 &&
           !(insn->flags & SITE_STACK);
}

/* First instruction at or behind offset. */
static uint32_t first_from(const struct module *module, uint64_t offset)
{
    uint32_t low = 0, high = module->insn_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (module->insns[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#define RBP 5

/* Does the function of insns[i] keep its frame in rbp? It says so within its first instructions. */
static bool has_frame(const struct module *module, uint32_t i)
{
    const struct function *function = function_at(module, module->insns[i].offset);
    if (!function)
        return false;
    for (i = first_from(module, function->start); i < module->insn_count; i++)
        if (module->insns[i].offset >= function->start + 64)
            return false;
        else if (module->insns[i].frame == FRAME_TO_BASE)
            return true;
    return false;
}

/* [low, high): ELF addresses. A frame's own slots are not what an operation is about: without
   optimisation its arguments lie there. */
static void mark(struct module *module, uint64_t low, uint64_t high)
{
    if (low < module->text_start || high > module->text_end || low >= high)
        return;
    for (uint32_t i = first_from(module, low - module->text_start);
         i < module->insn_count && module->insns[i].offset < high - module->text_start; i++)
        if (may_be_operation(&module->insns[i]) &&
            (module->insns[i].base != RBP || !has_frame(module, i)))
            module->insns[i].flags |= SITE_ATOMIC;
}

static void mark_symbols(struct module *module, Dwfl_Module *file)
{
    int count = dwfl_module_getsymtab(file);
    for (int i = 0; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address, bias;
        const char *name = dwfl_module_getsym_info(file, i, &symbol, &address, NULL, NULL, &bias);
        if (name && GELF_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_size &&
            is_operation(name))
            mark(module, address, address + symbol.st_size);
    }
}

/* ---- inlined operations ---- */

static const char *linkage_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Attribute *found = dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute);
    if (!found)
        found = dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute);
    return found ? dwarf_formstring(found) : NULL;
}

static void mark_ranges(struct search *search, Dwarf_Die *die)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t at = 0;
    while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0)
        mark(search->module, low + search->bias, high + search->bias);
}

/* What one operation inlines belongs to it. */
static void look_for_inlined(struct search *search, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die die;
    if (depth > 256 || dwarf_child(parent, &die))
        return;
    do {
        if (!search->budget)
            return;
        search->budget--;
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_inlined_subroutine) {
            const char *name = linkage_name(&die);
            if (name && is_operation(name)) {
                mark_ranges(search, &die);
                continue;
            }
        }
        if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine ||
            tag == DW_TAG_lexical_block || tag == DW_TAG_namespace || tag == DW_TAG_try_block ||
            tag == DW_TAG_catch_block || tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
            tag == DW_TAG_module)
            look_for_inlined(search, &die, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static void look_through_units(struct search *search, Dwarf *dwarf)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit, split;
    uint8_t kind;
    while (!dwarf_get_units(dwarf, cu, &cu, NULL, &kind, &unit, &split)) {
        if (kind == DW_UT_compile || kind == DW_UT_skeleton)
            look_for_inlined(search, kind == DW_UT_skeleton && dwarf_tag(&split) ? &split : &unit,
                             0);
    }
}

/* ---- operands of atomic types ---- */

/* Instructions that one module's operands may be followed through: some seconds. */
#define STEPS_MOST 20000000u

/* Movs of a function whose unit knows _Atomic: each operand is followed to its declaration. */
static void follow_function(struct module *module, struct symbol_file *file,
                            const struct function *function, unsigned *steps)
{
    uint64_t low = module->text_start + function->start;
    uint32_t first = first_from(module, function->start);
    for (uint32_t i = first; i < module->insn_count && module->insns[i].offset < function->end;
         i++) {
        struct insn *insn = &module->insns[i];
        if (!may_be_operation(insn) || insn->size > 8)
            continue;
        if (*steps < i - first)
            return;
        *steps -= i - first;
        if (type_of_operand(file, module->text + function->start, low,
                            module->text_start + insn->offset) == TYPE_ATOMIC)
            insn->flags |= SITE_ATOMIC;
    }
}

static void follow_operands(struct module *module, struct symbol_file *file)
{
    unsigned steps = STEPS_MOST;
    for (uint32_t i = 0; i < module->function_count; i++) {
        const struct function *function = &module->functions[i];
        if (type_unit_has_atomic(file, module->text_start + function->start))
            follow_function(module, file, function, &steps);
    }
}

void module_atomics(struct module *module)
{
    struct symbol_store *store = symbol_store_create();
    char *path = realpath(module->path, NULL);
    struct module_identity identity = {
        .path = path ? path : "",
        .build_id = module->build_id,
        .build_id_size = module->build_id_size,
    };
    struct symbol_file *file = symbol_file_of(store, &identity);
    if (symbol_file_ready(file)) {
        struct search search = {module, file->dwarf_bias, DIES_MOST};
        mark_symbols(module, file->module);
        if (file->dwarf) {
            look_through_units(&search, file->dwarf);
            follow_operands(module, file);
        }
    }
    free(path);
    symbol_store_destroy(store);
}
