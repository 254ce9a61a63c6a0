#include "state/dwarf_row.h"

#include "state/dwarf_expression.h"

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

/* A rule while the instructions run; offsets are still 64 bits wide. */
struct rule {
    uint8_t rule; /* enum row_rule */
    uint8_t base;
    int64_t offset;
};

struct frame_state {
    struct dwarf_sum cfa;
    bool cfa_known; /* false: an expression that is no sum */
    struct rule bp, sp, ra;
};

#define REMEMBERED_MAX 8

struct run {
    const struct frame_code *code;
    struct dwarf_bytes bytes;
    uintptr_t at, pc;
    struct frame_state state, initial;
    struct frame_state remembered[REMEMBERED_MAX];
    unsigned depth;
    bool past; /* the rows that follow are for later pcs */
};

/* The rule of a register, or NULL when it does not matter. */
static struct rule *rule_of(struct frame_state *state, uint64_t number)
{
    switch (number) {
    case REGISTER_BP:
        return &state->bp;
    case REGISTER_SP:
        return &state->sp;
    case REGISTER_PC:
        return &state->ra;
    default:
        return NULL;
    }
}

static void set_rule(struct run *run, uint64_t number, struct rule value)
{
    struct rule *rule = rule_of(&run->state, number);
    if (rule)
        *rule = value;
}

static void saved_at_cfa(struct run *run, uint64_t number, int64_t offset)
{
    set_rule(run, number, (struct rule){.rule = RULE_AT, .base = BASE_CFA, .offset = offset});
}

static void restore(struct run *run, uint64_t number)
{
    struct rule *initial = rule_of(&run->initial, number);
    if (initial)
        set_rule(run, number, *initial);
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
    run->state.cfa_known = base < REGISTER_PC;
    run->state.cfa = (struct dwarf_sum){.base = (uint8_t)base, .offset = offset};
}

static void define_cfa_expression(struct run *run)
{
    struct frame_state *state = &run->state;
    state->cfa_known = dwarf_expression(take_block(run), run->pc, NULL, &state->cfa) &&
                       state->cfa.base != NO_REGISTER;
}

/* DW_CFA_expression: the register is saved where the expression says. */
static void saved_at_expression(struct run *run)
{
    uint64_t number = dwarf_uleb(&run->bytes);
    struct dwarf_sum cfa = {.base = BASE_CFA}, at;
    struct rule rule = {.rule = RULE_OTHER};
    if (dwarf_expression(take_block(run), run->pc, &cfa, &at) && !at.deref &&
        at.base != NO_REGISTER)
        rule = (struct rule){.rule = RULE_AT, .base = at.base, .offset = at.offset};
    set_rule(run, number, rule);
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
        set_rule(run, number, (struct rule){.rule = RULE_UNDEFINED});
        return true;
    case CFA_SAME_VALUE:
        set_rule(run, number, (struct rule){.rule = RULE_SAME});
        return true;
    case CFA_REGISTER:
        set_rule(run, number, (struct rule){.rule = RULE_IN, .base = (uint8_t)dwarf_uleb(bytes)});
        return true;
    case CFA_VAL_OFFSET:
    case CFA_VAL_OFFSET_SF:
        dwarf_uleb(bytes); /* as many bytes, signed or not */
        set_rule(run, number, (struct rule){.rule = RULE_OTHER});
        return true;
    case CFA_VAL_EXPRESSION:
        take_block(run);
        set_rule(run, number, (struct rule){.rule = RULE_OTHER});
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
        define_cfa(run, dwarf_uleb(bytes), run->state.cfa.offset);
        return true;
    case CFA_DEF_CFA_OFFSET:
        run->state.cfa.offset = (int64_t)dwarf_uleb(bytes);
        return true;
    case CFA_DEF_CFA_OFFSET_SF:
        run->state.cfa.offset = dwarf_sleb(bytes) * factor;
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
        run->remembered[run->depth++] = run->state;
        return true;
    case CFA_RESTORE_STATE:
        if (run->depth == 0)
            return false;
        run->state = run->remembered[--run->depth];
        return true;
    case CFA_EXPRESSION:
        saved_at_expression(run);
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

static bool fits(int64_t value)
{
    return value == (int32_t)value;
}

/* A rule as a row holds it. Returns false when it does not. */
static bool place_of(struct rule rule, struct row_place *ret_place)
{
    bool good = rule.rule == RULE_SAME || (rule.rule == RULE_AT && fits(rule.offset)) ||
                (rule.rule == RULE_IN && rule.base < REGISTER_PC);
    if (good)
        *ret_place = (struct row_place){
            .rule = rule.rule, .base = rule.base, .offset = (int32_t)rule.offset};
    return good;
}

static bool row_of(const struct frame_state *state, bool signal, struct unwind_row *row)
{
    const struct dwarf_sum *cfa = &state->cfa;
    if (state->ra.rule == RULE_UNDEFINED) {
        row->kind = ROW_END;
        return true;
    }
    /* The caller's rsp is the CFA (that is what the CFA is); glibc's trampoline says where it is
       saved, which is the same value. Code that says anything else is beyond a row. A caller's rbp
       that is undefined reads as whatever it is now. */
    bool sp_good = state->sp.rule == RULE_SAME || (signal && state->sp.rule == RULE_AT);
    struct rule bp = state->bp;
    if (bp.rule == RULE_UNDEFINED)
        bp.rule = RULE_SAME;
    row->kind = ROW_NORMAL;
    row->signal = signal;
    row->cfa_deref = cfa->deref;
    row->cfa_base = cfa->base;
    row->cfa_offset = (int32_t)cfa->offset;
    row->cfa_add = cfa->deref ? (int32_t)cfa->add : 0;
    return state->cfa_known && fits(cfa->offset) && fits(cfa->add) && sp_good &&
           place_of(state->ra, &row->ra) && place_of(bp, &row->bp) && row->ra.rule != RULE_SAME;
}

void dwarf_row(const struct frame_code *code, uintptr_t pc, struct unwind_row *ret_row)
{
    struct run run = {.code = code, .pc = pc};
    *ret_row = (struct unwind_row){.kind = ROW_COMPLEX};
    run.at = 0;
    if (!run_instructions(&run, code->common))
        return;
    run.initial = run.state;
    run.at = code->start;
    run.past = false;
    struct unwind_row row;
    mem_clear(&row, sizeof row); /* its padding is compared too */
    if (run_instructions(&run, code->own) && row_of(&run.state, code->signal, &row))
        mem_copy(ret_row, &row, sizeof row);
}
