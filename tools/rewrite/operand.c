/*
 * What an instruction does to memory, and to the registers that hold the frame's address.
 */
#include "decode.h"

/* Nothing but a copy between memory and a register: how atomic loads and stores look. */
static bool is_move(const ZydisDecodedInstruction *insn)
{
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_MOVZX:
    case ZYDIS_MNEMONIC_MOVSX:
    case ZYDIS_MNEMONIC_MOVSXD:
    case ZYDIS_MNEMONIC_MOVBE:
    case ZYDIS_MNEMONIC_MOVNTI:
    case ZYDIS_MNEMONIC_MOVD:
    case ZYDIS_MNEMONIC_MOVQ:
    case ZYDIS_MNEMONIC_MOVSS:
    case ZYDIS_MNEMONIC_MOVSD:
    case ZYDIS_MNEMONIC_MOVAPS:
    case ZYDIS_MNEMONIC_MOVUPS:
    case ZYDIS_MNEMONIC_MOVAPD:
    case ZYDIS_MNEMONIC_MOVUPD:
    case ZYDIS_MNEMONIC_MOVDQA:
    case ZYDIS_MNEMONIC_MOVDQU:
    case ZYDIS_MNEMONIC_MOVLPS:
    case ZYDIS_MNEMONIC_MOVLPD:
    case ZYDIS_MNEMONIC_VMOVD:
    case ZYDIS_MNEMONIC_VMOVQ:
    case ZYDIS_MNEMONIC_VMOVSS:
    case ZYDIS_MNEMONIC_VMOVSD:
    case ZYDIS_MNEMONIC_VMOVAPS:
    case ZYDIS_MNEMONIC_VMOVUPS:
    case ZYDIS_MNEMONIC_VMOVDQA:
    case ZYDIS_MNEMONIC_VMOVDQU:
        return insn->meta.category != ZYDIS_CATEGORY_STRINGOP;
    default:
        return false;
    }
}

/* Has a memory operand, and touches nothing. */
static bool touches_nothing(const ZydisDecodedInstruction *insn)
{
    switch (insn->meta.category) {
    case ZYDIS_CATEGORY_NOP:
    case ZYDIS_CATEGORY_WIDENOP:
    case ZYDIS_CATEGORY_PREFETCH:
    case ZYDIS_CATEGORY_PREFETCHWT1:
    case ZYDIS_CATEGORY_CLDEMOTE:
    case ZYDIS_CATEGORY_CLFLUSHOPT:
    case ZYDIS_CATEGORY_CLWB:
    case ZYDIS_CATEGORY_MPX:
        return true;
    default:
        return insn->mnemonic == ZYDIS_MNEMONIC_CLFLUSH || insn->mnemonic == ZYDIS_MNEMONIC_LEA ||
               insn->mnemonic == ZYDIS_MNEMONIC_NOP;
    }
}

/* Touches other bytes than its operand says, or some of them only. */
static bool touches_others(const struct decoded *decoded)
{
    const ZydisDecodedInstruction *insn = &decoded->insn;
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_XLAT:
    case ZYDIS_MNEMONIC_MASKMOVQ:
    case ZYDIS_MNEMONIC_MASKMOVDQU:
    case ZYDIS_MNEMONIC_VMASKMOVDQU:
    case ZYDIS_MNEMONIC_VMASKMOVPS:
    case ZYDIS_MNEMONIC_VMASKMOVPD:
    case ZYDIS_MNEMONIC_VPMASKMOVD:
    case ZYDIS_MNEMONIC_VPMASKMOVQ:
    case ZYDIS_MNEMONIC_MOVDIR64B:
    case ZYDIS_MNEMONIC_ENTER:
    case ZYDIS_MNEMONIC_CLZERO:
        return true;
    case ZYDIS_MNEMONIC_BT: /* a bit string: bit 1000 lies 125 bytes on */
    case ZYDIS_MNEMONIC_BTS:
    case ZYDIS_MNEMONIC_BTR:
    case ZYDIS_MNEMONIC_BTC:
        return decoded->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
    default:
        break;
    }
    switch (insn->meta.category) {
    case ZYDIS_CATEGORY_COMPRESS:
    case ZYDIS_CATEGORY_EXPAND:
    case ZYDIS_CATEGORY_XSAVE:
    case ZYDIS_CATEGORY_XSAVEOPT:
        return true;
    default:
        return insn->avx.mask.reg > ZYDIS_REGISTER_K0 && insn->avx.mask.reg <= ZYDIS_REGISTER_K7;
    }
}

/* Its operand in memory: the one that stands in the text, else one that does not (strings). */
static const ZydisDecodedOperand *memory_operand(const struct decoded *decoded)
{
    const ZydisDecodedOperand *hidden = NULL;
    for (unsigned i = 0; i < decoded->insn.operand_count; i++) {
        const ZydisDecodedOperand *operand = &decoded->operands[i];
        if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY)
            continue;
        if (operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
            return operand;
        if (operand->mem.base != ZYDIS_REGISTER_RSP)
            hidden = operand;
    }
    return hidden;
}

static void string_access(const struct decoded *decoded, struct insn *ret)
{
    static const struct {
        ZydisMnemonic name;
        uint8_t size;
        uint16_t flags;
    } strings[] = {
#define SIZES(x, flags) {x##B, 1, flags}, {x##W, 2, flags}, {x##D, 4, flags}, {x##Q, 8, flags},
        SIZES(ZYDIS_MNEMONIC_MOVS, SITE_SOURCE | SITE_TARGET | SITE_WRITE | SITE_LOADS)
            SIZES(ZYDIS_MNEMONIC_STOS, SITE_TARGET | SITE_WRITE)
                SIZES(ZYDIS_MNEMONIC_LODS, SITE_SOURCE | SITE_LOADS)
                    SIZES(ZYDIS_MNEMONIC_SCAS, SITE_TARGET | SITE_LOADS)
                        SIZES(ZYDIS_MNEMONIC_CMPS, SITE_SOURCE | SITE_TARGET | SITE_LOADS)
#undef SIZES
    };
    ret->access = MEMORY_LEFT_OUT;
    if (decoded->insn.attributes & (ZYDIS_ATTRIB_HAS_SEGMENT_FS | ZYDIS_ATTRIB_HAS_SEGMENT_GS) ||
        decoded->insn.address_width != 64)
        return;
    for (unsigned i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        if (decoded->insn.mnemonic != strings[i].name)
            continue;
        ret->access = MEMORY_STRING;
        ret->size = strings[i].size;
        ret->flags |= SITE_STRING | strings[i].flags;
        if (decoded->insn.attributes &
            (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE))
            ret->flags |= SITE_REPEATED;
    }
}

static void note_address(const struct decoded *decoded, const ZydisDecodedOperand *operand,
                         struct insn *ret)
{
    ret->base = (int8_t)general_register(operand->mem.base);
    ret->index = (int8_t)general_register(operand->mem.index);
    ret->scale = ret->index >= 0 ? operand->mem.scale : 0;
    ret->relative = operand->mem.base == ZYDIS_REGISTER_RIP;
    ret->displacement = decoded->insn.raw.disp.offset;
    ret->offset_of_operand = (int32_t)operand->mem.disp.value;
}

/* RIP-relative, or a plain address. */
static bool has_fixed_address(const struct module *module, const struct insn *insn,
                              uint64_t *ret_address)
{
    if (insn->relative)
        *ret_address =
            module->text_start + insn->offset + insn->length + (uint64_t)insn->offset_of_operand;
    else
        *ret_address = (uint64_t)insn->offset_of_operand;
    return insn->relative || (insn->base < 0 && insn->index < 0);
}

bool operand_cannot_race(const struct module *module, const struct insn *insn)
{
    uint64_t address;
    if (!has_fixed_address(module, insn, &address))
        return false;
    /* The head of the thread's control block: its address, the stack guard. Variables lie below. */
    if (insn->in_thread)
        return insn->offset_of_operand >= 0;
    if (insn->flags & SITE_WRITE)
        return false;
    bool jumps = insn->kind == INSN_CALL || insn->kind == INSN_JUMP_FAR;
    return module_is_constant(module, address) ||
           (jumps && address >= module->slots_start && address < module->slots_end);
}

static unsigned access_bytes(const struct decoded *decoded, const ZydisDecodedOperand *operand)
{
    unsigned bits = operand->size;
    if (decoded->insn.avx.broadcast.mode != ZYDIS_BROADCAST_MODE_INVALID &&
        !decoded->insn.avx.broadcast.is_static && operand->element_size)
        bits = operand->element_size;
    return bits / 8;
}

static void classify(const struct decoded *decoded, const ZydisDecodedOperand *operand,
                     struct insn *ret)
{
    const ZydisDecodedInstruction *insn = &decoded->insn;
    unsigned size = access_bytes(decoded, operand);
    bool writes = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    bool loads = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
    ret->size = size <= 64 ? (uint8_t)size : 0;
    ret->in_thread = insn->attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS;
    ret->flags |= (writes ? SITE_WRITE : 0) | (loads || !writes ? SITE_LOADS : 0) |
                  (ret->in_thread ? SITE_THREAD : 0) |
                  (ret->base == REGISTER_RSP ? SITE_STACK : 0) | (is_move(insn) ? SITE_MOVE : 0);
    if (insn->attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS || insn->address_width != 64 ||
        operand->mem.type != ZYDIS_MEMOP_TYPE_MEM || !ret->size ||
        operand->visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT || touches_others(decoded) ||
        operand->mem.disp.value != ret->offset_of_operand ||
        /* Its address counts from the stack pointer behind the pop. */
        (insn->mnemonic == ZYDIS_MNEMONIC_POP && ret->base == REGISTER_RSP))
        ret->access = MEMORY_LEFT_OUT;
    else if (insn->attributes & ZYDIS_ATTRIB_HAS_LOCK || insn->mnemonic == ZYDIS_MNEMONIC_XCHG)
        ret->access = MEMORY_LOCKED;
    else
        ret->access = MEMORY_PLAIN;
    if (ret->access == MEMORY_LOCKED)
        ret->flags |= SITE_LOCKED;
}

void decode_operand(const struct decoded *decoded, struct insn *ret)
{
    ret->base = ret->index = -1;
    if (decoded->insn.meta.category == ZYDIS_CATEGORY_STRINGOP) {
        string_access(decoded, ret);
        return;
    }
    const ZydisDecodedOperand *operand = memory_operand(decoded);
    if (!operand)
        return;
    note_address(decoded, operand, ret);
    if (!touches_nothing(&decoded->insn) && operand->mem.type != ZYDIS_MEMOP_TYPE_AGEN)
        classify(decoded, operand, ret);
}

static bool is_register(const ZydisDecodedOperand *operand, ZydisRegister name)
{
    return operand->type == ZYDIS_OPERAND_TYPE_REGISTER && operand->reg.value == name;
}

/* lea whose result is register + constant; the register. */
static int lea_of_register(const struct decoded *decoded)
{
    const ZydisDecodedOperand *operand = &decoded->operands[1];
    bool plain = decoded->insn.mnemonic == ZYDIS_MNEMONIC_LEA &&
                 decoded->insn.address_width == 64 && operand->mem.index == ZYDIS_REGISTER_NONE;
    return plain ? general_register(operand->mem.base) : -1;
}

/* mov and lea between rsp and rbp, constants added to rsp: FRAME_ODD when it is none of these. */
static unsigned known_frame_effect(const struct decoded *decoded)
{
    const ZydisDecodedOperand *operands = decoded->operands;
    ZydisMnemonic name = decoded->insn.mnemonic;
    bool to_stack = is_register(&operands[0], ZYDIS_REGISTER_RSP);
    int from;
    switch (name) {
    case ZYDIS_MNEMONIC_LEAVE:
        return decoded->insn.operand_width == 64 ? FRAME_LEAVE : FRAME_ODD;
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_AND:
        return to_stack && operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? FRAME_NOTHING
                                                                            : FRAME_ODD;
    case ZYDIS_MNEMONIC_MOV:
        from = is_register(&operands[1], ZYDIS_REGISTER_RSP)   ? REGISTER_RSP
               : is_register(&operands[1], ZYDIS_REGISTER_RBP) ? REGISTER_RBP
                                                               : -1;
        break;
    case ZYDIS_MNEMONIC_LEA:
        from = lea_of_register(decoded);
        break;
    default:
        return FRAME_ODD;
    }
    if (to_stack)
        return from == REGISTER_RSP   ? FRAME_NOTHING
               : from == REGISTER_RBP ? FRAME_FROM_BASE
                                      : FRAME_ODD;
    /* rbp = rsp + constant by lea is the address of a variable. */
    return name == ZYDIS_MNEMONIC_MOV && from == REGISTER_RSP &&
                   is_register(&operands[0], ZYDIS_REGISTER_RBP)
               ? FRAME_TO_BASE
               : FRAME_ODD;
}

static unsigned frame_effect(const struct decoded *decoded, const struct insn *insn)
{
    unsigned known = known_frame_effect(decoded), effect = FRAME_NOTHING;
    if (known != FRAME_ODD)
        return known;
    if (decoded->insn.mnemonic == ZYDIS_MNEMONIC_ENTER ||
        decoded->insn.mnemonic == ZYDIS_MNEMONIC_LEAVE)
        return FRAME_ODD;
    bool lea = decoded->insn.mnemonic == ZYDIS_MNEMONIC_LEA;
    for (unsigned i = 0; i < decoded->insn.operand_count; i++) {
        const ZydisDecodedOperand *operand = &decoded->operands[i];
        bool shown = operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT;
        int number = -1;
        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
            number = general_register(operand->reg.value);
        else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && lea)
            number = general_register(operand->mem.base);
        if (number == REGISTER_RSP && shown)
            return FRAME_ODD;
        if (number == REGISTER_RBP && effect != FRAME_BASE_USED)
            effect = insn->uses & 1u << REGISTER_RBP ? FRAME_BASE_USED : FRAME_BASE_SET;
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
            general_register(operand->mem.index) == REGISTER_RBP)
            effect = FRAME_BASE_USED;
    }
    return effect;
}

void decode_frame(const struct decoded *decoded, struct insn *ret)
{
    ret->frame = frame_effect(decoded, ret) & 15;
}
