/*
 * One instruction, from Zydis's words into ours: effect.c says which registers and flags it reads
 * and writes, operand.c what it does to memory and to the stack pointer. decode.c puts them
 * together.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_DECODE_H
#define HOLDFAST_TOOLS_REWRITE_DECODE_H

#include "scan.h"
#include <Zydis/Zydis.h>

struct decoded {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* Number of the general register that a register is part of; -1: another kind. */
static inline int general_register(ZydisRegister name)
{
    if (name >= ZYDIS_REGISTER_RAX && name <= ZYDIS_REGISTER_R15)
        return (int)(name - ZYDIS_REGISTER_RAX);
    if (name >= ZYDIS_REGISTER_EAX && name <= ZYDIS_REGISTER_R15D)
        return (int)(name - ZYDIS_REGISTER_EAX);
    if (name >= ZYDIS_REGISTER_AX && name <= ZYDIS_REGISTER_R15W)
        return (int)(name - ZYDIS_REGISTER_AX);
    if (name >= ZYDIS_REGISTER_AL && name <= ZYDIS_REGISTER_BL)
        return (int)(name - ZYDIS_REGISTER_AL);
    if (name >= ZYDIS_REGISTER_AH && name <= ZYDIS_REGISTER_BH)
        return (int)(name - ZYDIS_REGISTER_AH);
    if (name >= ZYDIS_REGISTER_SPL && name <= ZYDIS_REGISTER_R15B)
        return (int)(name - ZYDIS_REGISTER_SPL) + REGISTER_RSP;
    return -1;
}

/* A write of 32 bits clears the upper half: the register's old value is gone. */
static inline bool whole_register(ZydisRegister name)
{
    return name >= ZYDIS_REGISTER_EAX && name <= ZYDIS_REGISTER_R15;
}

void decode_effect(const struct decoded *decoded, struct insn *insn);
void decode_operand(const struct decoded *decoded, struct insn *insn);
/* Its address says that no two threads can race there. */
bool operand_cannot_race(const struct module *module, const struct insn *insn);
void decode_frame(const struct decoded *decoded, struct insn *insn);
#endif
