#include "state/dwarf_expression.h"

#include "state/dwarf_rules.h"

/* DWARF 5, 7.7.1. */
enum {
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08,
    OP_CONST1S = 0x09,
    OP_CONST2U = 0x0a,
    OP_CONST2S = 0x0b,
    OP_CONST4U = 0x0c,
    OP_CONST4S = 0x0d,
    OP_CONST8U = 0x0e,
    OP_CONST8S = 0x0f,
    OP_CONSTU = 0x10,
    OP_CONSTS = 0x11,
    OP_DUP = 0x12,
    OP_DROP = 0x13,
    OP_OVER = 0x14,
    OP_SWAP = 0x16,
    OP_AND = 0x1a,
    OP_MINUS = 0x1c,
    OP_MUL = 0x1e,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_SHR = 0x25,
    OP_SHRA = 0x26,
    OP_XOR = 0x27,
    OP_EQ = 0x29,
    OP_GE = 0x2a,
    OP_GT = 0x2b,
    OP_LE = 0x2c,
    OP_LT = 0x2d,
    OP_NE = 0x2e,
    OP_LIT0 = 0x30,
    OP_LIT31 = 0x4f,
    OP_BREG0 = 0x70,
    OP_BREG31 = 0x8f,
    OP_NOP = 0x96,
};

#define STACK_MAX 8

struct machine {
    struct dwarf_bytes bytes;
    uintptr_t pc;
    struct dwarf_sum stack[STACK_MAX];
    unsigned depth;
};

static bool push(struct machine *m, struct dwarf_sum value)
{
    if (m->depth == STACK_MAX)
        return false;
    m->stack[m->depth++] = value;
    return true;
}

static bool push_number(struct machine *m, int64_t number)
{
    return push(m, (struct dwarf_sum){.base = NO_REGISTER, .offset = number});
}

static void add_number(struct dwarf_sum *sum, int64_t number)
{
    if (sum->deref)
        sum->add = (int64_t)((uint64_t)sum->add + (uint64_t)number);
    else
        sum->offset = (int64_t)((uint64_t)sum->offset + (uint64_t)number);
}

/* DW_OP_const* */
static bool push_constant(struct machine *m, uint8_t op)
{
    struct dwarf_bytes *bytes = &m->bytes;
    switch (op) {
    case OP_CONST1U:
        return push_number(m, (int64_t)dwarf_unsigned(bytes, 1));
    case OP_CONST1S:
        return push_number(m, (int8_t)dwarf_unsigned(bytes, 1));
    case OP_CONST2U:
        return push_number(m, (int64_t)dwarf_unsigned(bytes, 2));
    case OP_CONST2S:
        return push_number(m, (int16_t)dwarf_unsigned(bytes, 2));
    case OP_CONST4U:
        return push_number(m, (int64_t)dwarf_unsigned(bytes, 4));
    case OP_CONST4S:
        return push_number(m, (int32_t)dwarf_unsigned(bytes, 4));
    case OP_CONSTU:
        return push_number(m, (int64_t)dwarf_uleb(bytes));
    case OP_CONSTS:
        return push_number(m, dwarf_sleb(bytes));
    default:
        return push_number(m, (int64_t)dwarf_unsigned(bytes, 8));
    }
}

static bool calculate(uint8_t op, int64_t a, int64_t b, int64_t *ret_value)
{
    uint64_t x = (uint64_t)a, y = (uint64_t)b, r;
    switch (op) {
    case OP_AND:
        r = x & y;
        break;
    case OP_MUL:
        r = x * y;
        break;
    case OP_OR:
        r = x | y;
        break;
    case OP_XOR:
        r = x ^ y;
        break;
    case OP_SHL:
        r = y < 64 ? x << y : 0;
        break;
    case OP_SHR:
        r = y < 64 ? x >> y : 0;
        break;
    case OP_SHRA:
        r = (uint64_t)(a >> (y < 64 ? y : 63));
        break;
    case OP_EQ:
        r = a == b;
        break;
    case OP_GE:
        r = a >= b;
        break;
    case OP_GT:
        r = a > b;
        break;
    case OP_LE:
        r = a <= b;
        break;
    case OP_LT:
        r = a < b;
        break;
    case OP_NE:
        r = a != b;
        break;
    default:
        return false;
    }
    *ret_value = (int64_t)r;
    return true;
}

/* Takes two, leaves one. A register may only be added to, or have a number taken away. */
static bool binary(struct machine *m, uint8_t op)
{
    if (m->depth < 2)
        return false;
    struct dwarf_sum *a = &m->stack[m->depth - 2], *b = &m->stack[m->depth - 1];
    m->depth--;
    if (op == OP_PLUS && a->base == NO_REGISTER) {
        int64_t number = a->offset;
        *a = *b;
        add_number(a, number);
        return true;
    }
    if (b->base != NO_REGISTER)
        return false;
    if (op == OP_PLUS || op == OP_MINUS) {
        add_number(a, op == OP_PLUS ? b->offset : (int64_t) - (uint64_t)b->offset);
        return true;
    }
    return a->base == NO_REGISTER && calculate(op, a->offset, b->offset, &a->offset);
}

static bool shuffle(struct machine *m, uint8_t op)
{
    unsigned need = op == OP_OVER || op == OP_SWAP ? 2 : 1;
    if (m->depth < need)
        return false;
    struct dwarf_sum *top = &m->stack[m->depth - 1], kept;
    switch (op) {
    case OP_DUP:
        return push(m, *top);
    case OP_OVER:
        return push(m, top[-1]);
    case OP_DROP:
        m->depth--;
        return true;
    default:
        kept = top[0];
        top[0] = top[-1];
        top[-1] = kept;
        return true;
    }
}

static bool dereference(struct machine *m)
{
    if (m->depth < 1)
        return false;
    struct dwarf_sum *top = &m->stack[m->depth - 1];
    if (top->deref || top->base == NO_REGISTER)
        return false;
    top->deref = true;
    return true;
}

static bool push_register(struct machine *m, unsigned number)
{
    int64_t offset = dwarf_sleb(&m->bytes);
    if (number == REGISTER_PC)
        return push_number(m, (int64_t)((uint64_t)m->pc + (uint64_t)offset));
    return number < REGISTER_PC &&
           push(m, (struct dwarf_sum){.base = (uint8_t)number, .offset = offset});
}

static bool operate(struct machine *m, uint8_t op)
{
    if (op >= OP_LIT0 && op <= OP_LIT31)
        return push_number(m, op - OP_LIT0);
    if (op >= OP_BREG0 && op <= OP_BREG31)
        return push_register(m, op - OP_BREG0);
    if (op >= OP_CONST1U && op <= OP_CONSTS)
        return push_constant(m, op);
    switch (op) {
    case OP_NOP:
        return true;
    case OP_DEREF:
        return dereference(m);
    case OP_DUP:
    case OP_DROP:
    case OP_OVER:
    case OP_SWAP:
        return shuffle(m, op);
    case OP_PLUS_UCONST:
        return push_number(m, (int64_t)dwarf_uleb(&m->bytes)) && binary(m, OP_PLUS);
    default:
        return binary(m, op);
    }
}

bool dwarf_expression(struct dwarf_bytes bytes, uintptr_t pc, const struct dwarf_sum *pushed,
                      struct dwarf_sum *ret_sum)
{
    struct machine m = {.bytes = bytes, .pc = pc};
    if (pushed)
        push(&m, *pushed);
    while (m.bytes.at < m.bytes.end)
        if (!operate(&m, (uint8_t)dwarf_unsigned(&m.bytes, 1)) || m.bytes.bad)
            return false;
    if (m.depth == 0)
        return false;
    *ret_sum = m.stack[m.depth - 1];
    return true;
}
