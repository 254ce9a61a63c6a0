#include "state/dwarf_rules.h"

#include "base/memory.h"

/* DWARF 5, 7.24, and the LSB's additions. */
enum {
    CFA_ADVANCE = 1, /* the upper two bits */
    CFA_OFFSET = 2,
    CFA_RESTORE = 3,
    CFA_NOP = 0x00,
    CFA_SET_LOC = 0x01,
    CFA_ADVANCE1 = 0x02,
    CFA_ADVANCE2 = 0x03,
    CFA_ADVANCE4 = 0x04,
    CFA_OFFSET_EXTENDED = 0x05,
    CFA_RESTORE_EXTENDED = 0x06,
    CFA_UNDEFINED = 0x07,
    CFA_SAME_VALUE = 0x08,
    CFA_REGISTER = 0x09,
    CFA_REMEMBER_STATE = 0x0a,
    CFA_RESTORE_STATE = 0x0b,
    CFA_DEF_CFA = 0x0c,
    CFA_DEF_CFA_REGISTER = 0x0d,
    CFA_DEF_CFA_OFFSET = 0x0e,
    CFA_DEF_CFA_EXPRESSION = 0x0f,
    CFA_EXPRESSION = 0x10,
    CFA_OFFSET_EXTENDED_SF = 0x11,
    CFA_DEF_CFA_SF = 0x12,
    CFA_DEF_CFA_OFFSET_SF = 0x13,
    CFA_VAL_OFFSET = 0x14,
    CFA_VAL_OFFSET_SF = 0x15,
    CFA_VAL_EXPRESSION = 0x16,
    CFA_GNU_ARGS_SIZE = 0x2e,
    CFA_GNU_NEGATIVE_OFFSET = 0x2f,
};

#define REMEMBERED_MAX 4 /* compilers nest one or two */

struct run {
    const struct frame_code *code;
    struct dwarf_bytes bytes;
    uintptr_t at, pc;
    struct dwarf_rules *state;
    struct dwarf_rules initial, remembered[REMEMBERED_MAX];
    unsigned depth;
    bool past; /* the rows that follow are for later pcs */
};

static void set_rule(struct run *run, uint64_t number, uint8_t kind, uint64_t base, int64_t offset)
{
    if (number >= REGISTER_COUNT) /* vector registers and the like */
        return;
    bool fits = offset == (int32_t)offset && base <= BASE_CFA && base != REGISTER_PC;
    run->state->rule[number] =
        fits ? (struct dwarf_rule){.kind = kind, .base = (uint8_t)base, .offset = (int32_t)offset}
             : (struct dwarf_rule){.kind = RULE_OTHER};
}

static void saved_at_cfa(struct run *run, uint64_t number, int64_t offset)
{
    set_rule(run, number, RULE_AT, BASE_CFA, offset);
}

static void restore(struct run *run, uint64_t number)
{
    if (number < REGISTER_COUNT)
        run->state->rule[number] = run->initial.rule[number];
}

static void advance(struct run *run, uint64_t delta)
{
    run->at += delta * run->code->code_factor;
    run->past = run->at > run->pc;
}

/* A block: its size, then its bytes. */
static struct dwarf_bytes take_block(struct run *run)
{
    struct dwarf_bytes *bytes = &run->bytes, none = {0};
    uint64_t size = dwarf_uleb(bytes);
    if (bytes->bad || size > (uint64_t)(bytes->end - bytes->at)) {
        bytes->bad = true;
        return none;
    }
    struct dwarf_bytes block = {.at = bytes->at, .end = bytes->at + size};
    bytes->at += size;
    return block;
}

static void define_cfa(struct run *run, uint64_t base, int64_t offset)
{
    run->state->cfa_known = base < REGISTER_PC;
    run->state->cfa = (struct dwarf_sum){.base = (uint8_t)base, .offset = offset};
}

static void define_cfa_expression(struct run *run)
{
    struct dwarf_rules *state = run->state;
    state->cfa_known = dwarf_expression(take_block(run), run->pc, NULL, &state->cfa) &&
                       state->cfa.base != NO_REGISTER;
}

/* DW_CFA_expression, where a register is saved, and DW_CFA_val_expression, what it is. */
static void set_expression(struct run *run, uint64_t number, uint8_t kind)
{
    struct dwarf_sum cfa = {.base = BASE_CFA}, sum;
    if (!dwarf_expression(take_block(run), run->pc, &cfa, &sum) || sum.base == NO_REGISTER)
        set_rule(run, number, RULE_OTHER, 0, 0);
    else if (!sum.deref)
        set_rule(run, number, kind, sum.base, sum.offset);
    else if (kind == RULE_IS && sum.add == 0)
        set_rule(run, number, RULE_AT, sum.base, sum.offset);
    else
        set_rule(run, number, RULE_OTHER, 0, 0);
}

/* Instructions whose first operand is a register and that set its rule. */
static bool run_register_rule(struct run *run, uint8_t op)
{
    struct dwarf_bytes *bytes = &run->bytes;
    uint64_t number = dwarf_uleb(bytes);
    int64_t factor = run->code->data_factor;
    switch (op) {
    case CFA_OFFSET_EXTENDED:
        saved_at_cfa(run, number, (int64_t)dwarf_uleb(bytes) * factor);
        return true;
    case CFA_OFFSET_EXTENDED_SF:
        saved_at_cfa(run, number, dwarf_sleb(bytes) * factor);
        return true;
    case CFA_GNU_NEGATIVE_OFFSET:
        saved_at_cfa(run, number, -(int64_t)dwarf_uleb(bytes) * factor);
        return true;
    case CFA_RESTORE_EXTENDED:
        restore(run, number);
        return true;
    case CFA_UNDEFINED:
        set_rule(run, number, RULE_UNDEFINED, 0, 0);
        return true;
    case CFA_SAME_VALUE:
        set_rule(run, number, RULE_SAME, 0, 0);
        return true;
    case CFA_REGISTER:
        set_rule(run, number, RULE_IS, dwarf_uleb(bytes), 0);
        return true;
    case CFA_VAL_OFFSET:
        set_rule(run, number, RULE_IS, BASE_CFA, (int64_t)dwarf_uleb(bytes) * factor);
        return true;
    case CFA_VAL_OFFSET_SF:
        set_rule(run, number, RULE_IS, BASE_CFA, dwarf_sleb(bytes) * factor);
        return true;
    case CFA_EXPRESSION:
        set_expression(run, number, RULE_AT);
        return true;
    case CFA_VAL_EXPRESSION:
        set_expression(run, number, RULE_IS);
        return true;
    default:
        return false;
    }
}

static bool run_cfa_definition(struct run *run, uint8_t op)
{
    struct dwarf_bytes *bytes = &run->bytes;
    int64_t factor = run->code->data_factor;
    uint64_t base;
    switch (op) {
    case CFA_DEF_CFA:
        base = dwarf_uleb(bytes);
        define_cfa(run, base, (int64_t)dwarf_uleb(bytes));
        return true;
    case CFA_DEF_CFA_SF:
        base = dwarf_uleb(bytes);
        define_cfa(run, base, dwarf_sleb(bytes) * factor);
        return true;
    case CFA_DEF_CFA_REGISTER:
        define_cfa(run, dwarf_uleb(bytes), run->state->cfa.offset);
        return true;
    case CFA_DEF_CFA_OFFSET:
        run->state->cfa.offset = (int64_t)dwarf_uleb(bytes);
        return true;
    case CFA_DEF_CFA_OFFSET_SF:
        run->state->cfa.offset = dwarf_sleb(bytes) * factor;
        return true;
    case CFA_DEF_CFA_EXPRESSION:
        define_cfa_expression(run);
        return true;
    default:
        return false;
    }
}

static bool run_location(struct run *run, uint8_t op)
{
    switch (op) {
    case CFA_SET_LOC:
        run->at = dwarf_pointer(&run->bytes, run->code->encoding, 0);
        advance(run, 0);
        return true;
    case CFA_ADVANCE1:
        advance(run, dwarf_unsigned(&run->bytes, 1));
        return true;
    case CFA_ADVANCE2:
        advance(run, dwarf_unsigned(&run->bytes, 2));
        return true;
    case CFA_ADVANCE4:
        advance(run, dwarf_unsigned(&run->bytes, 4));
        return true;
    default:
        return false;
    }
}

/* Instructions without a register in their first byte. Returns false for one that we do not know,
   or that does not fit. */
static bool run_extended(struct run *run, uint8_t op)
{
    switch (op) {
    case CFA_NOP:
        return true;
    case CFA_REMEMBER_STATE:
        if (run->depth == REMEMBERED_MAX)
            return false;
        run->remembered[run->depth++] = *run->state;
        return true;
    case CFA_RESTORE_STATE:
        if (run->depth == 0)
            return false;
        *run->state = run->remembered[--run->depth];
        return true;
    case CFA_GNU_ARGS_SIZE:
        dwarf_uleb(&run->bytes);
        return true;
    default:
        return run_location(run, op) || run_cfa_definition(run, op) || run_register_rule(run, op);
    }
}

static bool run_instructions(struct run *run, struct dwarf_bytes bytes)
{
    run->bytes = bytes;
    while (run->bytes.at < run->bytes.end && !run->past) {
        uint8_t op = (uint8_t)dwarf_unsigned(&run->bytes, 1), low = op & 0x3f;
        switch (op >> 6) {
        case CFA_ADVANCE:
            advance(run, low);
            break;
        case CFA_OFFSET:
            saved_at_cfa(run, low, (int64_t)dwarf_uleb(&run->bytes) * run->code->data_factor);
            break;
        case CFA_RESTORE:
            restore(run, low);
            break;
        default:
            if (!run_extended(run, op))
                return false;
        }
        if (run->bytes.bad)
            return false;
    }
    return true;
}

bool dwarf_rules(const struct frame_code *code, uintptr_t pc, struct dwarf_rules *ret_rules)
{
    struct run run;
    run.code = code;
    run.pc = pc;
    run.at = 0;
    run.depth = 0;
    run.past = false;
    run.state = ret_rules;
    mem_clear(ret_rules, sizeof *ret_rules);
    run.initial = *ret_rules;
    if (!run_instructions(&run, code->common))
        return false;
    run.initial = *ret_rules;
    run.at = code->start;
    run.past = false;
    return run_instructions(&run, code->own);
}
