/*
 * Tables of jumps. Compilers write entries of 4 bytes (8 in the large model) that count from the
 * table, or, for differences of labels (&&a - &&b), from any address in the function; absolute ones
 * are relocations or words of data, and found as such.
 *
 * A table begins where code takes an address of data, and goes on to the next address that code
 * takes at least: entries that lead nowhere do not end it (clang lets cases that cannot be point
 * past the function; a table may lie behind other members of a struct).
 */
#include "leaders.h"
#include <stdlib.h>

/* A table of differences of labels is looked for in this much data behind each address. */
#define DIFFERENCES_BYTES (256u << 10)

struct list {
    uint64_t *at;
    uint32_t count, room;
    bool failed;
};

struct takes {
    struct module *module;
    uint64_t offset_table;  /* _GLOBAL_OFFSET_TABLE_, 0 unknown */
    struct list data, code; /* addresses that code takes: instructions are code */
    bool jumps;             /* an indirect jump was among it, not the PLT's */
};

static void list_add(struct list *list, uint64_t value)
{
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 256;
        uint64_t *at = realloc(list->at, room * sizeof *at);
        if (!at) {
            list->failed = true;
            return;
        }
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void list_sort(struct list *list)
{
    uint32_t kept = 0;
    if (list->count)
        qsort(list->at, list->count, sizeof *list->at, by_value);
    for (uint32_t i = 0; i < list->count; i++)
        if (!i || list->at[i] != list->at[i - 1])
            list->at[kept++] = list->at[i];
    list->count = kept;
}

/* The first value above; UINT64_MAX: none. */
static uint64_t list_next(const struct list *list, uint64_t value)
{
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (list->at[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count ? list->at[low] : UINT64_MAX;
}

static void take(struct takes *takes, uint64_t address)
{
    if (leader_mark_code(takes->module, address)) {
        list_add(&takes->code, address);
        return;
    }
    const struct segment *segment = module_segment(takes->module, address);
    if (segment && address < segment->file_end)
        list_add(&takes->data, address);
}

static void take_pointer(void *arg, uint64_t address)
{
    take(arg, address);
}

/* mov, push, lea, add, sub: how an address at a fixed place comes into a register. */
static bool loads_constant(const uint8_t *bytes)
{
    if ((*bytes & 0xf0) == 0x40)
        bytes++;
    return (*bytes & 0xf8) == 0xb8 || *bytes == 0x68 || *bytes == 0xc7 || *bytes == 0x8d ||
           *bytes == 0x05 || *bytes == 0x2d || *bytes == 0x81;
}

/* Constants of 32 and 64 bits that stand in an instruction's bytes. */
static void take_constants(struct takes *takes, const struct insn *insn)
{
    const struct module *module = takes->module;
    const uint8_t *bytes = module->text + insn->offset;
    if (insn->length == 10 && (bytes[0] & 0xfe) == 0x48 && (bytes[1] & 0xf8) == 0xb8) {
        uint64_t value; /* movabs: an address, or one that counts from the GOT */
        memcpy(&value, bytes + 2, 8);
        if (!module->position_independent)
            take(takes, value);
        if (takes->offset_table)
            take(takes, takes->offset_table + value);
    }
    if (module->position_independent || insn->length < 5)
        return;
    const unsigned places[] = {insn->length - 4u, insn->displacement};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t value;
        memcpy(&value, bytes + places[i], 4);
        if (places[i] && places[i] + 4 <= insn->length &&
            (loads_constant(bytes) || !insn_at(module, text_offset(module, value))))
            take(takes, value);
    }
}

static void take_of(struct takes *takes, const struct insn *insn)
{
    if (insn->kind == INSN_JUMP_FAR && !(insn->relative && insn->access == MEMORY_NONE))
        takes->jumps = true;
    if (insn->kind != INSN_PLAIN && insn->kind != INSN_JUMP_FAR)
        return;
    if (insn->relative && !(insn->flags & (SITE_LOADS | SITE_WRITE)))
        take(takes, insn_address(takes->module, insn));
    if (insn->length >= 5)
        take_constants(takes, insn);
}

static void take_function(struct takes *takes, const struct function *function)
{
    const struct module *module = takes->module;
    const struct insn *insn = insn_from(module, function->start);
    const struct insn *last = module->insns + module->insn_count;
    for (; insn < last && insn->offset < function->end; insn++)
        take_of(takes, insn);
}

/* A table that is being read. */
struct reading {
    struct module *module;
    uint64_t base;
    unsigned width;
    const struct function *only; /* entries that lead out of it do not count; NULL: all do */
    struct function *user;       /* whose jump uses it: shares its frame with where it goes */
    uint64_t limit;              /* with user: another table begins there */
};

static bool read_entry(const struct reading *reading, const uint8_t *at)
{
    struct module *module = reading->module;
    int64_t value = 0;
    if (reading->width == 4) {
        int32_t half;
        memcpy(&half, at, 4);
        value = half;
    } else {
        memcpy(&value, at, 8);
    }
    uint64_t target = reading->base + (uint64_t)value;
    uint64_t offset = target - module->text_start;
    const struct function *only = reading->only;
    if (only && offset - only->start >= only->end - only->start)
        return false;
    /* Pointers to functions are no table of jumps. */
    if (reading->user && offset < text_size(module) && module->leaders[offset] & LEADER_FUNCTION &&
        function_at(module, (uint32_t)offset)->fresh)
        return false;
    if (!leader_mark_kind(module, target, LEADER_TABLE))
        return false;
    if (reading->user)
        functions_join(module, reading->user, (uint32_t)offset);
    return true;
}

/* Entries from start to end at least, and on as long as they lead to code; how many did. */
static uint32_t read_table(const struct reading *reading, uint64_t start, uint64_t end)
{
    struct reader data = module_reader(reading->module, start);
    uint32_t count = 0;
    while ((uint64_t)(data.end - data.at) >= reading->width) {
        if (reading->user && data.address >= reading->limit)
            break;
        bool leads = read_entry(reading, data.at);
        if (!leads && data.address >= end)
            break;
        count += leads;
        data.at += reading->width;
        data.address += reading->width;
    }
    return count;
}

/* Entries of 4 and 8 bytes that count from the table. */
static void read_tables(struct module *module, const struct list *taken, uint64_t start)
{
    struct reading reading = {.module = module, .base = start, .width = 4};
    uint64_t end = list_next(taken, start);
    read_table(&reading, start, end);
    reading.width = 8;
    read_table(&reading, start, end);
}

/* A jump's own table leads to parts of the function that jumps; here it does end where an entry
   leads nowhere. */
static void join_by_table(struct module *module, const struct list *taken, uint64_t start,
                          struct function *user)
{
    struct reading reading = {.module = module, .base = start, .width = 4, .user = user};
    reading.limit = list_next(taken, start);
    read_table(&reading, start, start);
    reading.width = 8;
    read_table(&reading, start, start);
    reading.base = 0;
    if (!module->position_independent)
        read_table(&reading, start, start);
}

/* Differences of labels: an address of data × an address of code, whose function they lead to. */
static void read_differences(struct module *module, const struct list *taken, uint64_t start,
                             uint64_t base)
{
    struct reading reading = {.module = module, .base = base, .width = 4};
    uint64_t end = list_next(taken, start);
    reading.only = function_at(module, text_offset(module, base));
    if (end > start + DIFFERENCES_BYTES)
        end = start + DIFFERENCES_BYTES;
    read_table(&reading, start, end);
    reading.width = 8;
    read_table(&reading, start, end);
}

/* Stubs of one size, to which code jumps by calculating (libffi). */
static void mark_stubs(struct module *module, const struct function *function, uint64_t base)
{
    uint64_t start = module->text_start + function->start, end = module->text_start + function->end;
    for (; base > start && base < end; base += 8)
        leader_mark_kind(module, base, LEADER_TABLE);
}

/* A function that jumps where we do not see. taken: what all of the module takes, sorted. */
static void explain_jumps(struct takes *own, const struct list *taken, struct function *function)
{
    struct module *module = own->module;
    list_sort(&own->data);
    list_sort(&own->code);
    for (uint32_t i = 0; i < own->data.count; i++)
        join_by_table(module, taken, own->data.at[i], function);
    for (uint32_t k = 0; k < own->code.count; k++) {
        uint64_t base = own->code.at[k];
        uint32_t offset = text_offset(module, base);
        struct function *at = function_at(module, offset);
        if (!at || function_group(module, at) != function_group(module, function))
            continue;
        for (uint32_t i = 0; i < own->data.count; i++)
            read_differences(module, taken, own->data.at[i], base);
        mark_stubs(module, function, base);
        /* Assembly may keep its tables between its instructions. */
        struct reading reading = {.module = module, .base = base, .width = 4};
        if (read_table(&reading, base, base) >= 2)
            data_note(module, offset);
    }
}

/* PLTGOT, else the section: the linker puts _GLOBAL_OFFSET_TABLE_ there. */
static uint64_t find_offset_table(const struct module *module)
{
    uint64_t address = 0;
    if (!module_dynamic(module, DT_PLTGOT, &address))
        address = module_section(module, ".got.plt");
    return address ? address : module_section(module, ".got");
}

bool tables_find(struct module *module)
{
    struct takes all = {.module = module, .offset_table = find_offset_table(module)};
    struct takes own = {.module = module, .offset_table = all.offset_table};
    struct list jumping = {0};
    module_pointers(module, take_pointer, &all);
    for (uint32_t i = 0; i < module->function_count; i++) {
        all.jumps = false;
        all.code.count = 0;
        take_function(&all, &module->functions[i]);
        if (all.jumps)
            list_add(&jumping, i);
    }
    list_sort(&all.data);
    for (uint32_t i = 0; i < all.data.count; i++)
        read_tables(module, &all.data, all.data.at[i]);
    for (uint32_t i = 0; i < jumping.count; i++) {
        struct function *function = &module->functions[jumping.at[i]];
        own.data.count = own.code.count = 0;
        take_function(&own, function);
        explain_jumps(&own, &all.data, function);
    }
    bool failed =
        all.data.failed || all.code.failed || own.data.failed || own.code.failed || jumping.failed;
    free(all.data.at);
    free(all.code.at);
    free(own.data.at);
    free(own.code.at);
    free(jumping.at);
    return !failed || module_refuse(module, "needs more memory than there is");
}
