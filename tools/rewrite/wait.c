/*
 * Which loads wait for another thread: those of a loop with `pause` in it. A processor's hint for
 * waiting is put by hand, into loops of atomics and volatiles alone; a compiler would have taken a
 * plain load out of the loop. libgomp's barriers, for one, know their variable in no other way: it
 * is stored and loaded by mov, and slept on by a system call of its own.
 *
 * Marked are movs from an address that the loop does not change, so that what a loop walks through
 * meanwhile stays plain.
 *
 * And the words that code waits on by a system call of its own, futex: it reads them before and
 * after, without any pause where it does not spin. The word is what rdi points to at the system
 * call, and movs through the same register around it are its loads and stores.
 */
#include "scan.h"

/* Instructions of a loop around its pause, to each side. */
#define REACH 32u

/* Instructions around a system call that may touch its word. */
#define FUTEX_REACH 96u
#define NR_FUTEX    202u

static bool is_pause(const struct module *module, const struct insn *insn)
{
    const uint8_t *bytes = module->text + insn->offset;
    return insn->length == 2 && bytes[0] == 0xf3 && bytes[1] == 0x90;
}

/* ---- pause ---- */

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

/* ---- futex ---- */

static bool is_syscall(const struct module *module, const struct insn *insn)
{
    const uint8_t *bytes = module->text + insn->offset;
    return insn->length == 2 && bytes[0] == 0x0f && bytes[1] == 0x05;
}

/* mov $NR_FUTEX, some register */
static bool is_number(const struct module *module, const struct insn *insn)
{
    const uint8_t *bytes = module->text + insn->offset;
    unsigned prefix = insn->length == 6 && bytes[0] == 0x41;
    return insn->length == 5 + prefix && (bytes[prefix] & 0xf8) == 0xb8 &&
           bytes[prefix + 1] == NR_FUTEX && !bytes[prefix + 2] && !bytes[prefix + 3] &&
           !bytes[prefix + 4];
}

static bool is_pop(const struct module *module, const struct insn *insn)
{
    const uint8_t *bytes = module->text + insn->offset;
    unsigned prefix = insn->length == 2 && bytes[0] == 0x41;
    return insn->length == 1 + prefix && (bytes[prefix] & 0xf8) == 0x58;
}

/* An address: register + offset, or a fixed one. */
struct word {
    int base; /* -1: fixed */
    int32_t offset;
    uint64_t address;
};

/* What was put into rdi: mov, lea and add of a small number are understood. */
static bool set_word(const struct module *module, const struct insn *insn, struct word *ret)
{
    const uint8_t *bytes = module->text + insn->offset;
    bool high = bytes[0] & 4; /* REX.R */
    if ((bytes[0] == 0x48 || bytes[0] == 0x4c) && bytes[1] == 0x89 && (bytes[2] & 0xc7) == 0xc7) {
        *ret = (struct word){(bytes[2] >> 3 & 7) | (high ? 8 : 0), 0, 0};
        return true;
    }
    if (insn->length == 4 && bytes[0] == 0x48 && bytes[1] == 0x83 && bytes[2] == 0xc7) {
        *ret = (struct word){REGISTER_RDI, (int8_t)bytes[3], 0};
        return true;
    }
    if (insn->length == 4 && (bytes[0] == 0x48 || bytes[0] == 0x49) && bytes[1] == 0x8d &&
        (bytes[2] & 0xf8) == 0x78 && (bytes[2] & 7) != 4) {
        *ret = (struct word){(bytes[2] & 7) | (bytes[0] & 1 ? 8 : 0), (int8_t)bytes[3], 0};
        return true;
    }
    if (insn->length == 7 && insn->relative && bytes[0] == 0x48 && bytes[1] == 0x8d) {
        *ret = (struct word){-1, 0, insn_address(module, insn)};
        return true;
    }
    return false;
}

static bool is_load_or_store_of(const struct module *module, const struct insn *insn,
                                const struct word *word)
{
    if (insn->access != MEMORY_PLAIN || !(insn->flags & SITE_MOVE) || insn->size != 4 ||
        insn->flags & (SITE_STACK | SITE_THREAD) || insn->index >= 0)
        return false;
    if (word->base < 0)
        return insn->relative && insn_address(module, insn) == word->address;
    return !insn->relative && insn->base == word->base && insn->offset_of_operand == word->offset;
}

#define OF_CALLERS 0xfc7u /* registers that a function need not keep: rax, rcx, rdx, rsi … r11 */

/* Who takes a register back from the stack leaves the function; the kernel keeps it. */
static bool changes(const struct module *module, const struct insn *insn, int base)
{
    if (insn->kind == INSN_CALL)
        return OF_CALLERS >> base & 1;
    return insn->defines >> base & 1 && !is_pop(module, insn) && !is_syscall(module, insn);
}

/* From insns[i] on by step, as long as the word's register is the same. */
static void mark_word(struct module *module, const struct function *function, uint32_t i, int step,
                      const struct word *word)
{
    for (unsigned left = FUTEX_REACH; left && i < module->insn_count; left--, i += (uint32_t)step) {
        struct insn *insn = &module->insns[i];
        if (insn->offset < function->start || insn->offset >= function->end)
            return;
        if (is_load_or_store_of(module, insn, word))
            insn->flags |= SITE_ATOMIC;
        if (word->base >= 0 && changes(module, insn, word->base))
            return;
    }
}

/* Before it, as the code lies: gcc keeps the number in a register over all calls of a function. */
static bool has_number(const struct module *module, uint32_t call)
{
    for (uint32_t i = call, left = FUTEX_REACH; left && i-- > 0; left--)
        if (is_number(module, &module->insns[i]))
            return true;
    return false;
}

static void look_at_call(struct module *module, uint32_t call)
{
    struct word word = {REGISTER_RDI, 0, 0};
    uint32_t made = call;
    const struct function *function = function_at(module, module->insns[call].offset);
    if (!function || !has_number(module, call))
        return;
    while (made > 1 && call - made < 16 && !changes(module, &module->insns[made - 1], REGISTER_RDI))
        made--;
    if (changes(module, &module->insns[made - 1], REGISTER_RDI)) {
        if (!set_word(module, &module->insns[made - 1], &word))
            return;
    } else {
        made = call + 1;
    }
    mark_word(module, function, made - 2, -1, &word);
    if (word.base != REGISTER_RDI)
        mark_word(module, function, call + 1, 1, &word);
}

static void look_for_futex(struct module *module)
{
    for (uint32_t i = 0; i < module->insn_count; i++)
        if (is_syscall(module, &module->insns[i]))
            look_at_call(module, i);
}

/* ---- */

void module_waits(struct module *module)
{
    look_for_futex(module);
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
