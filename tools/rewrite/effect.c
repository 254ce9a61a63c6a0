/*
 * Which registers and flags an instruction reads and surely replaces. In doubt it reads, and does
 * not replace: a register taken for live costs a spill, one taken for dead breaks the program.
 * tests/rewrite/effects compares this with what the processor does.
 */
#include "decode.h"

#define ARITHMETIC                                                                                 \
    (ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_PF | ZYDIS_CPUFLAG_AF | ZYDIS_CPUFLAG_ZF |                   \
     ZYDIS_CPUFLAG_SF | ZYDIS_CPUFLAG_OF)
#define READS                                                                                      \
    (ZYDIS_OPERAND_ACTION_READ | ZYDIS_OPERAND_ACTION_CONDREAD | ZYDIS_OPERAND_ACTION_CONDWRITE)

/* Leave their target, or flags, alone for some operands or on some processors, whatever the decoder
   says. */
static bool may_leave_alone(const ZydisDecodedInstruction *insn)
{
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_BSF: /* source 0 */
    case ZYDIS_MNEMONIC_BSR:
    case ZYDIS_MNEMONIC_TZCNT: /* are bsf and bsr on older processors */
    case ZYDIS_MNEMONIC_LZCNT:
    case ZYDIS_MNEMONIC_RDSSPD: /* nothing at all without shadow stacks */
    case ZYDIS_MNEMONIC_RDSSPQ:
    case ZYDIS_MNEMONIC_DIV: /* flags are undefined behind it: some stay */
    case ZYDIS_MNEMONIC_IDIV:
    case ZYDIS_MNEMONIC_LAR:
    case ZYDIS_MNEMONIC_LSL:
        return true;
    default:
        return insn->meta.category == ZYDIS_CATEGORY_CMOV ||
               insn->meta.category == ZYDIS_CATEGORY_STRINGOP ||
               insn->meta.category == ZYDIS_CATEGORY_FCMOV;
    }
}

/* Shifts and rotations by 0 change no flag; by cl nobody knows. */
static bool may_shift_by_zero(const struct decoded *decoded)
{
    const ZydisDecodedInstruction *insn = &decoded->insn;
    bool shifts = insn->meta.category == ZYDIS_CATEGORY_SHIFT ||
                  insn->meta.category == ZYDIS_CATEGORY_ROTATE ||
                  insn->mnemonic == ZYDIS_MNEMONIC_SHLD || insn->mnemonic == ZYDIS_MNEMONIC_SHRD;
    if (!shifts)
        return false;
    for (int i = insn->operand_count_visible - 1; i >= 0; i--)
        if (decoded->operands[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return !(decoded->operands[i].imm.value.u & (insn->operand_width == 64 ? 63 : 31));
    return true;
}

static void flags_effect(const struct decoded *decoded, struct insn *ret)
{
    const ZydisAccessedFlags *flags = decoded->insn.cpu_flags;
    if (!flags)
        return;
    /* What is undefined behind it nobody can have meant to keep. */
    uint32_t written =
        (flags->modified | flags->set_0 | flags->set_1 | flags->undefined) & ARITHMETIC;
    if (flags->tested & ARITHMETIC)
        ret->uses |= INSN_FLAGS;
    if (written == ARITHMETIC && !may_leave_alone(&decoded->insn) && !may_shift_by_zero(decoded))
        ret->defines |= INSN_FLAGS;
}

/* xor r, r and the like: the old value does not matter. */
static bool clears(const struct decoded *decoded)
{
    const ZydisDecodedOperand *operands = decoded->operands;
    ZydisMnemonic name = decoded->insn.mnemonic;
    return (name == ZYDIS_MNEMONIC_XOR || name == ZYDIS_MNEMONIC_SUB ||
            name == ZYDIS_MNEMONIC_SBB) &&
           operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
           operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
           operands[0].reg.value == operands[1].reg.value && whole_register(operands[0].reg.value);
}

static void register_effect(const struct decoded *decoded, const ZydisDecodedOperand *operand,
                            struct insn *ret)
{
    int number = general_register(operand->reg.value);
    if (number < 0)
        return;
    uint32_t bit = 1u << number;
    bool writes = operand->actions & ZYDIS_OPERAND_ACTION_WRITE;
    bool replaces =
        writes && whole_register(operand->reg.value) && !may_leave_alone(&decoded->insn);
    if (operand->actions & READS || (writes && !replaces))
        ret->uses |= bit;
    if (replaces)
        ret->defines |= bit;
}

static uint32_t register_bit(ZydisRegister name)
{
    int number = general_register(name);
    return number < 0 ? 0 : 1u << number;
}

void decode_effect(const struct decoded *decoded, struct insn *ret)
{
    flags_effect(decoded, ret);
    for (unsigned i = 0; i < decoded->insn.operand_count; i++) {
        const ZydisDecodedOperand *operand = &decoded->operands[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
            register_effect(decoded, operand, ret);
        else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
            ret->uses |= register_bit(operand->mem.base) | register_bit(operand->mem.index);
    }
    if (decoded->insn.meta.category == ZYDIS_CATEGORY_STRINGOP)
        ret->uses |=
            1u << REGISTER_RAX | 1u << REGISTER_RCX | 1u << REGISTER_RSI | 1u << REGISTER_RDI;
    if (clears(decoded)) {
        uint32_t bit = register_bit(decoded->operands[0].reg.value);
        ret->uses &= ~(uint64_t)bit;
        ret->defines |= bit;
    }
    ret->uses |= 1u << REGISTER_RSP;
    ret->defines &= ~(uint64_t)(1u << REGISTER_RSP);
}
