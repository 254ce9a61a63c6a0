/*
 * A small assembler: the few x86-64 encodings that moved code needs.
 *
 * Addresses count from text_start: a text offset is its own address, and code lies at the image's
 * distance + its code offset. Everything is encoded in a size that does not depend on addresses, so
 * that code can be measured before it is placed. What a 32-bit displacement cannot reach sets
 * `overflow`.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_CODE_H
#define HOLDFAST_TOOLS_REWRITE_CODE_H

#include "insn.h"
#include "ledger.h"

enum {
    REGISTER_RAX = 0,
    REGISTER_RCX = 1,
    REGISTER_RDX = 2,
    REGISTER_RBX = 3,
    REGISTER_RSP = 4,
    REGISTER_RBP = 5,
    REGISTER_RSI = 6,
    REGISTER_RDI = 7,
    REGISTER_R8 = 8,
    REGISTER_R9 = 9,
    REGISTER_R10 = 10,
    REGISTER_R11 = 11,
    REGISTER_R12 = 12,
    REGISTER_R15 = 15,
};

/* Opcodes that take a register and a memory operand. */
enum {
    OPCODE_STORE = 0x89,
    OPCODE_LOAD = 0x8b,
    OPCODE_LEA = 0x8d,
    OPCODE_OR = 0x0b,
    OPCODE_XOR = 0x33,
    OPCODE_COMPARE = 0x3b, /* register with memory */
};

enum {
    CONDITION_EQUAL = 4,
    CONDITION_NOT_EQUAL = 5,
};

#define CODE_ROOM 32 /* bytes before `end` that nothing begins in */

struct code {
    uint8_t *bytes, *at, *end; /* where it is written */
    int64_t address;           /* of bytes */
    int64_t origin;            /* the image's distance: code offset = address - origin */
    struct ledger *ledger;     /* NULL while measuring */
    bool overflow;             /* of a displacement, or of the buffer */
};

struct operand {
    int8_t base, index; /* -1 none */
    uint8_t scale;
    bool relative;  /* to RIP: target is what is meant */
    bool in_thread; /* fs base + the rest */
    int32_t displacement;
    int64_t target;
};

static inline int64_t code_here(const struct code *code)
{
    return code->address + (code->at - code->bytes);
}

static inline uint32_t code_offset(const struct code *code)
{
    return (uint32_t)(code_here(code) - code->origin);
}

struct operand operand_of(const struct insn *insn);

/* Up to 16 bytes. */
void code_bytes(struct code *code, const void *bytes, size_t size);

/* opcode on a register and a slot of the thread; wide: 64 bits. */
void code_slot(struct code *code, uint8_t opcode, int reg, bool wide, size_t slot);

/* movl $value, slot; cmpl $0, slot. */
void code_slot_set(struct code *code, size_t slot, uint32_t value);
void code_slot_is_zero(struct code *code, size_t slot);

/* opcode on a register and the operand, `add` bytes behind it; segment: a prefix, or 0. The operand
   is not in_thread. */
void code_operand(struct code *code, uint8_t segment, uint8_t opcode, int reg, bool wide,
                  const struct operand *operand, int32_t add);

/* reg := the address that the operand means, + add. Keeps the flags. */
void code_address(struct code *code, int reg, const struct operand *operand, int32_t add);

/* and $mask, reg; or $bits, reg (32 bits). */
void code_and(struct code *code, int reg, int8_t mask);
void code_or(struct code *code, int reg, uint32_t bits);

/* test $bits, reg (32 bits). */
void code_test(struct code *code, int reg, uint32_t bits);

/* testb $bits, add(reg); segment: a prefix, or 0. */
void code_test_byte(struct code *code, uint8_t segment, int reg, int8_t add, uint8_t bits);

/* The instruction once more; what it means relative to RIP stays. */
void code_copy(struct code *code, const struct insn *insn, const uint8_t *bytes);

void code_jump(struct code *code, int64_t target);

/* jcc; returns where its displacement lies, for code_land. */
uint8_t *code_branch(struct code *code, int condition, int64_t target);

/* The branch whose displacement lies at `field` of `from` goes to target. */
void code_land(struct code *from, uint8_t *field, int64_t target);

/* Calls the shim, below the red zone. */
void code_call(struct code *code, enum rewrite_thunk thunk);
void code_lower_stack(struct code *code);
void code_raise_stack(struct code *code);

#endif
