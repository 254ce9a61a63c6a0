#include "code.h"

#include <string.h>

enum {
    PREFIX_FS = 0x64,
    REX = 0x40,
    REX_W = 8,
    REX_R = 4,
    REX_X = 2,
    REX_B = 1,
    MOD_DISPLACEMENT_8 = 0x40,
    MOD_DISPLACEMENT_32 = 0x80,
    RM_SIB = 4,      /* a SIB byte follows */
    RM_ABSOLUTE = 5, /* with mod 0: RIP-relative, or as a SIB's base none */
};

struct operand operand_of(const struct insn *insn)
{
    struct operand operand = {
        .base = insn->base,
        .index = insn->index,
        .scale = insn->scale,
        .relative = insn->relative,
        .in_thread = insn->in_thread,
        .displacement = insn->offset_of_operand,
    };
    if (operand.relative) {
        operand.base = operand.index = -1;
        operand.target = (int64_t)insn->offset + insn->length + insn->offset_of_operand;
    }
    return operand;
}

/* Makes sure of room for what one function here writes at once. */
static inline void need(struct code *code)
{
    if (code->end - code->at >= CODE_ROOM)
        return;
    code->overflow = true;
    code->at = code->bytes; /* what is written from here on is of no use */
}

static inline void byte(struct code *code, uint8_t value)
{
    *code->at++ = value;
}

void code_bytes(struct code *code, const void *bytes, size_t size)
{
    need(code);
    memcpy(code->at, bytes, size);
    code->at += size;
}

static inline void word(struct code *code, int64_t value)
{
    if (value != (int32_t)value)
        code->overflow = true;
    int32_t narrow = (int32_t)value;
    memcpy(code->at, &narrow, sizeof narrow);
    code->at += sizeof narrow;
}

/* The displacement to target, as the last field of an instruction. */
static void distance_to(struct code *code, int64_t target)
{
    word(code, target - (code_here(code) + 4));
}

static void rex(struct code *code, bool wide, int reg, int index, int base)
{
    uint8_t bits = (uint8_t)((wide ? REX_W : 0) | (reg > 7 ? REX_R : 0) | (index > 7 ? REX_X : 0) |
                             (base > 7 ? REX_B : 0));
    if (bits)
        byte(code, REX | bits);
}

static uint8_t modrm(int reg, int rm)
{
    return (uint8_t)((reg & 7) << 3 | (rm & 7));
}

/* fs:[slot], as an address without registers. */
static void slot_operand(struct code *code, int reg, size_t slot)
{
    byte(code, modrm(reg, RM_SIB));
    byte(code, modrm(REGISTER_RSP, RM_ABSOLUTE));
    if (code->ledger)
        ledger_slot(code->ledger, code_offset(code));
    word(code, (int64_t)slot);
}

void code_slot(struct code *code, uint8_t opcode, int reg, bool wide, size_t slot)
{
    need(code);
    byte(code, PREFIX_FS);
    rex(code, wide, reg, -1, -1);
    byte(code, opcode);
    slot_operand(code, reg, slot);
}

void code_slot_set(struct code *code, size_t slot, uint32_t value)
{
    need(code);
    byte(code, PREFIX_FS);
    byte(code, 0xc7);
    slot_operand(code, 0, slot);
    word(code, (int32_t)value);
}

void code_slot_is_zero(struct code *code, size_t slot)
{
    need(code);
    byte(code, PREFIX_FS);
    byte(code, 0x83);
    slot_operand(code, 7, slot);
    byte(code, 0);
}

static uint8_t scale_bits(int scale)
{
    return scale == 8 ? 0xc0 : scale == 4 ? 0x80 : scale == 2 ? 0x40 : 0;
}

static void operand_bytes(struct code *code, int reg, const struct operand *operand,
                          int64_t displacement)
{
    int base = operand->base, index = operand->index;
    if (operand->relative) {
        byte(code, modrm(reg, RM_ABSOLUTE));
        distance_to(code, operand->target + displacement);
        return;
    }
    uint8_t sib =
        (uint8_t)(scale_bits(operand->scale) | modrm(index < 0 ? REGISTER_RSP : index, 0));
    if (base < 0) {
        byte(code, modrm(reg, RM_SIB));
        byte(code, sib | RM_ABSOLUTE);
        word(code, displacement);
        return;
    }
    uint8_t mod = displacement == (int8_t)displacement ? MOD_DISPLACEMENT_8 : MOD_DISPLACEMENT_32;
    if (!displacement && (base & 7) != REGISTER_RBP)
        mod = 0;
    if (index < 0 && (base & 7) != REGISTER_RSP) {
        byte(code, mod | modrm(reg, base));
    } else {
        byte(code, mod | modrm(reg, RM_SIB));
        byte(code, sib | (base & 7));
    }
    if (mod == MOD_DISPLACEMENT_8)
        byte(code, (uint8_t)displacement);
    else if (mod == MOD_DISPLACEMENT_32)
        word(code, displacement);
}

void code_operand(struct code *code, uint8_t segment, uint8_t opcode, int reg, bool wide,
                  const struct operand *operand, int32_t add)
{
    need(code);
    if (segment)
        byte(code, segment);
    rex(code, wide, reg, operand->index, operand->base);
    byte(code, opcode);
    operand_bytes(code, reg, operand,
                  operand->relative ? add : (int64_t)operand->displacement + add);
}

void code_address(struct code *code, int reg, const struct operand *operand, int32_t add)
{
    if (!operand->in_thread) {
        code_operand(code, 0, OPCODE_LEA, reg, true, operand, add);
        return;
    }
    /* The first word of a thread's control block is its own address: the fs base (psABI). */
    static const struct operand none = {.base = -1, .index = -1};
    code_operand(code, PREFIX_FS, OPCODE_LOAD, reg, true, &none, 0);
    struct operand sum = *operand;
    if (sum.base >= 0 && sum.index >= 0) {
        struct operand part = {.base = sum.base, .index = (int8_t)reg, .scale = 1};
        code_operand(code, 0, OPCODE_LEA, reg, true, &part, 0);
        sum.base = (int8_t)reg;
    } else if (sum.base >= 0) {
        sum.index = (int8_t)reg;
        sum.scale = 1;
    } else {
        sum.base = (int8_t)reg;
    }
    code_operand(code, 0, OPCODE_LEA, reg, true, &sum, add);
}

void code_and(struct code *code, int reg, int8_t mask)
{
    need(code);
    rex(code, true, 0, -1, reg);
    byte(code, 0x83);
    byte(code, 0xc0 | modrm(4, reg));
    byte(code, (uint8_t)mask);
}

void code_or(struct code *code, int reg, uint32_t bits)
{
    need(code);
    rex(code, false, 0, -1, reg);
    byte(code, 0x81);
    byte(code, 0xc0 | modrm(1, reg));
    word(code, (int32_t)bits);
}

void code_test(struct code *code, int reg, uint32_t bits)
{
    need(code);
    rex(code, false, 0, -1, reg);
    byte(code, 0xf7);
    byte(code, 0xc0 | modrm(0, reg));
    word(code, (int32_t)bits);
}

void code_test_byte(struct code *code, uint8_t segment, int reg, int8_t add, uint8_t bits)
{
    struct operand at = {.base = (int8_t)reg, .index = -1, .displacement = add};
    code_operand(code, segment, 0xf6, 0, false, &at, 0);
    byte(code, bits);
}

void code_copy(struct code *code, const struct insn *insn, const uint8_t *bytes)
{
    uint8_t copy[16];
    memcpy(copy, bytes, insn->length);
    if (insn->relative) {
        int32_t displacement;
        memcpy(&displacement, copy + insn->displacement, sizeof displacement);
        int64_t moved = (int64_t)displacement + insn->offset - code_here(code);
        if (moved != (int32_t)moved)
            code->overflow = true;
        displacement = (int32_t)moved;
        memcpy(copy + insn->displacement, &displacement, sizeof displacement);
    }
    code_bytes(code, copy, insn->length);
}

void code_jump(struct code *code, int64_t target)
{
    need(code);
    byte(code, 0xe9);
    distance_to(code, target);
}

uint8_t *code_branch(struct code *code, int condition, int64_t target)
{
    need(code);
    byte(code, 0x0f);
    byte(code, (uint8_t)(0x80 | condition));
    uint8_t *field = code->at;
    distance_to(code, target);
    return field;
}

void code_land(struct code *from, uint8_t *field, int64_t target)
{
    int64_t next = from->address + (field - from->bytes) + 4;
    if (target - next != (int32_t)(target - next))
        from->overflow = true;
    int32_t displacement = (int32_t)(target - next);
    memcpy(field, &displacement, sizeof displacement);
}

void code_call(struct code *code, enum rewrite_thunk thunk)
{
    need(code);
    byte(code, 0xff);
    byte(code, modrm(2, RM_ABSOLUTE));
    distance_to(code, code->origin + 8 * (int64_t)thunk);
}

void code_lower_stack(struct code *code)
{
    code_bytes(code, "\x48\x8d\x64\x24\x80", 5); /* lea -128(%rsp), %rsp */
}

void code_raise_stack(struct code *code)
{
    code_bytes(code, "\x48\x8d\xa4\x24\x80\0\0\0", 8); /* lea 128(%rsp), %rsp */
}
