/*
 * Data between instructions, in functions of hand-written assembly: a straight sweep takes it for
 * code. It must not move, nor be written over. Only where something speaks for data (bytes that do
 * not decode, a load from there, an address taken by a function that makes no indirect jump) is
 * asked which instructions are reached at all; the others stay as they are.
 */
#include "leaders.h"
#include <stdlib.h>

void data_note(struct module *module, uint32_t offset)
{
    if (!(module->data_count & (module->data_count - 1))) { /* a power of 2: full */
        uint32_t *data =
            realloc(module->data, (module->data_count ? module->data_count * 2 : 1) * sizeof *data);
        if (!data)
            abort();
        module->data = data;
    }
    module->data[module->data_count++] = offset;
}

static int by_offset(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool is_noted(const struct module *module, uint32_t offset)
{
    return module->data_count &&
           bsearch(&offset, module->data, module->data_count, sizeof offset, by_offset);
}

struct reach {
    struct module *module;
    const struct function *function;
    uint8_t *reached;  /* by instruction of the function */
    uint32_t *waiting; /* stack of their numbers */
    uint32_t count, waiting_count;
    struct insn *first;
};

static void reach(struct reach *reach, uint32_t offset)
{
    struct insn *insn = insn_at(reach->module, offset);
    if (!insn || insn < reach->first || insn >= reach->first + reach->count)
        return;
    uint32_t number = (uint32_t)(insn - reach->first);
    if (reach->reached[number])
        return;
    reach->reached[number] = 1;
    reach->waiting[reach->waiting_count++] = number;
}

/* Who comes from elsewhere than the function's own branches. An address that speaks for data is no
   proof of code. */
static void reach_entries(struct reach *to)
{
    const struct module *module = to->module;
    for (uint32_t i = 0; i < to->count; i++) {
        unsigned leader = module->leaders[to->first[i].offset];
        unsigned entry = LEADER_FUNCTION | LEADER_TABLE | LEADER_LANDING | LEADER_OUTSIDE;
        if (!is_noted(module, to->first[i].offset))
            entry |= LEADER_POINTER;
        if (leader & entry)
            reach(to, to->first[i].offset);
    }
}

static void pin_unreached(struct module *module, const struct function *function)
{
    struct reach to = {.module = module, .function = function};
    to.first = insn_from(module, function->start);
    to.count = (uint32_t)(insn_from(module, function->end) - to.first);
    to.reached = calloc(to.count + 1u, 1);
    to.waiting = calloc(to.count + 1u, sizeof *to.waiting);
    if (to.reached && to.waiting)
        reach_entries(&to);
    while (to.waiting_count) {
        const struct insn *insn = &to.first[to.waiting[--to.waiting_count]];
        if (!insn_ends_path(module, insn))
            reach(&to, insn->offset + insn->length);
        if (insn->target != NO_TARGET)
            reach(&to, insn->target);
    }
    for (uint32_t i = 0; i < to.count; i++)
        if (!to.reached || !to.waiting || !to.reached[i])
            to.first[i].pinned = true;
    free(to.reached);
    free(to.waiting);
}

/* Bytes that are read as data stay, even where they are code. */
static void pin_read(struct module *module, uint32_t start, uint32_t size)
{
    struct insn *insn = insn_from(module, start), *last = module->insns + module->insn_count;
    if (insn > module->insns && insn[-1].offset + insn[-1].length > start)
        insn--;
    for (; insn < last && insn->offset < start + size; insn++)
        insn->pinned = true;
}

static bool jumps_far(const struct module *module, const struct function *function)
{
    const struct insn *insn = insn_from(module, function->start);
    const struct insn *last = insn_from(module, function->end);
    for (; insn < last; insn++)
        if (insn->kind == INSN_JUMP_FAR)
            return true;
    return false;
}

/* Does an instruction say that there is data among the code? Marks where. */
static struct function *speaks_for_data(struct module *module, const struct insn *insn)
{
    if (!insn->relative || insn->kind != INSN_PLAIN)
        return NULL;
    uint32_t offset = text_offset(module, insn_address(module, insn));
    struct function *function = offset == NO_TARGET ? NULL : function_at(module, offset);
    if (!function)
        return NULL;
    if (insn->flags & (SITE_LOADS | SITE_WRITE)) {
        pin_read(module, offset, insn->size ? insn->size : 64);
    } else if (insn_at(module, offset)) {
        struct function *user = function_at(module, insn->offset);
        if (offset == function->start || user != function || jumps_far(module, function))
            return NULL;
    }
    data_note(module, offset);
    return function;
}

/* Code follows code without a gap, from its first byte to its last. */
static bool is_whole(const struct module *module, const struct function *function)
{
    const struct insn *insn = insn_from(module, function->start);
    const struct insn *last = insn_from(module, function->end);
    uint32_t at = function->start;
    for (; insn < last && insn->offset == at; insn++)
        at += insn->length;
    return at == function->end;
}

void data_in_text(struct module *module)
{
    for (uint32_t i = 0; i < module->insn_count; i++) {
        struct function *function = speaks_for_data(module, &module->insns[i]);
        if (function)
            function->mixed = true;
    }
    if (module->data_count)
        qsort(module->data, module->data_count, sizeof *module->data, by_offset);
    for (uint32_t i = 0; i < module->function_count; i++) {
        struct function *function = &module->functions[i];
        if (module->undecoded && !is_whole(module, function))
            function->mixed = true;
        if (function->mixed)
            pin_unreached(module, function);
    }
}
