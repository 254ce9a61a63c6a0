/*
 * Which loads wait for another thread: those of a loop with `pause` in it. A processor's hint for
 * waiting is put by hand, into loops of atomics and volatiles alone; a compiler would have taken a
 * plain load out of the loop. libgomp's barriers, for one, know their variable in no other way: it
 * is stored and loaded by mov, and slept on by a system call of its own.
 *
 * Marked are movs from an address that the loop does not change, so that what a loop walks through
 * meanwhile stays plain.
 */
#include "scan.h"

/* Instructions of a loop around its pause, to each side. */
#define REACH 32u

static bool is_pause(const struct module *module, const struct insn *insn)
{
    const uint8_t *bytes = module->text + insn->offset;
    return insn->length == 2 && bytes[0] == 0xf3 && bytes[1] == 0x90;
}

/* Does the branch at insns[end] lead back across the pause? Then *ret_first begins its loop. */
static bool closes_loop(const struct module *module, uint32_t pause, uint32_t end,
                        uint32_t *ret_first)
{
    const struct insn *branch = &module->insns[end];
    const struct insn *first = NULL;
    if (branch->kind == INSN_BRANCH || branch->kind == INSN_JUMP)
        first = insn_at(module, branch->target);
    if (!first || first > &module->insns[pause])
        return false;
    *ret_first = (uint32_t)(first - module->insns);
    return pause - *ret_first <= REACH;
}

static uint32_t registers_of(const struct insn *insn)
{
    return (insn->base >= 0 ? 1u << insn->base : 0) | (insn->index >= 0 ? 1u << insn->index : 0);
}

static void mark_loads(struct module *module, uint32_t first, uint32_t end)
{
    uint32_t changed = 0;
    for (uint32_t i = first; i <= end; i++) {
        if (module->insns[i].kind == INSN_CALL)
            return;
        changed |= (uint32_t)module->insns[i].defines;
    }
    for (uint32_t i = first; i <= end; i++) {
        struct insn *insn = &module->insns[i];
        if (insn->access == MEMORY_PLAIN && insn->flags & SITE_MOVE &&
            !(insn->flags & (SITE_WRITE | SITE_STACK | SITE_THREAD)) && insn->size <= 8 &&
            !(registers_of(insn) & changed))
            insn->flags |= SITE_ATOMIC;
    }
}

void module_waits(struct module *module)
{
    for (uint32_t pause = 0; pause < module->insn_count; pause++) {
        uint32_t first;
        if (!is_pause(module, &module->insns[pause]))
            continue;
        for (uint32_t end = pause + 1; end < module->insn_count && end - pause <= REACH; end++)
            if (closes_loop(module, pause, end, &first)) {
                mark_loads(module, first, end);
                break;
            }
    }
}
