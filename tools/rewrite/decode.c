/*
 * Text to instructions: a straight sweep over each function, which is right because what .eh_frame
 * covers is code; where it is not (hand-written assembly with constants between), leaders.c finds
 * what may be data.
 */
#include "form.h"
#include <stdlib.h>

static ZydisDecoder decoder;

void decode_init(void)
{
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
}

/* jcc, or what else goes two ways or to a constant: near and short jumps by rel8 and rel32. */
static bool is_condition(const ZydisDecodedInstruction *insn)
{
    return (insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && insn->opcode >> 4 == 0x7) ||
           (insn->opcode_map == ZYDIS_OPCODE_MAP_0F && insn->opcode >> 4 == 0x8);
}

static unsigned branch_kind(const ZydisDecodedInstruction *insn)
{
    bool near = insn->meta.branch_type == ZYDIS_BRANCH_TYPE_SHORT ||
                insn->meta.branch_type == ZYDIS_BRANCH_TYPE_NEAR;
    /* With an operand-size prefix Intel and AMD disagree where it goes. */
    bool narrow = insn->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE;
    switch (insn->meta.category) {
    case ZYDIS_CATEGORY_CALL:
        return near ? INSN_CALL : INSN_STOP;
    case ZYDIS_CATEGORY_RET:
        return near && !narrow ? INSN_RETURN : INSN_STOP;
    case ZYDIS_CATEGORY_COND_BR:
        return near && !narrow && is_condition(insn) ? INSN_BRANCH : INSN_STOP;
    default:
        if (insn->mnemonic != ZYDIS_MNEMONIC_JMP || !near || narrow)
            return INSN_STOP;
        return insn->raw.imm[0].is_relative ? INSN_JUMP : INSN_JUMP_FAR;
    }
}

static unsigned kind_of(const struct decoded *decoded)
{
    const ZydisDecodedInstruction *insn = &decoded->insn;
    switch (insn->meta.category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
        return branch_kind(insn);
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_INTERRUPT:
    case ZYDIS_CATEGORY_SYSTEM:
    case ZYDIS_CATEGORY_IO:
    case ZYDIS_CATEGORY_IOSTRINGOP:
    case ZYDIS_CATEGORY_SEGOP:
    case ZYDIS_CATEGORY_RDWRFSGS: /* our words are %fs-relative */
    case ZYDIS_CATEGORY_PKU:      /* and must stay readable */
    case ZYDIS_CATEGORY_MPX:
    case ZYDIS_CATEGORY_SGX:
    case ZYDIS_CATEGORY_UINTR:
    case ZYDIS_CATEGORY_VTX:
    case ZYDIS_CATEGORY_PCONFIG:
    case ZYDIS_CATEGORY_WAITPKG:
    case ZYDIS_CATEGORY_KEYLOCKER:
    case ZYDIS_CATEGORY_KEYLOCKER_WIDE:
    case ZYDIS_CATEGORY_AMX_TILE:
    case ZYDIS_CATEGORY_ENQCMD:
    case ZYDIS_CATEGORY_HRESET:
    case ZYDIS_CATEGORY_SMAP:
        return INSN_STOP;
    case ZYDIS_CATEGORY_CET:
        return insn->mnemonic == ZYDIS_MNEMONIC_ENDBR64 ||
                       insn->mnemonic == ZYDIS_MNEMONIC_ENDBR32 ||
                       insn->mnemonic == ZYDIS_MNEMONIC_RDSSPQ ||
                       insn->mnemonic == ZYDIS_MNEMONIC_RDSSPD
                   ? INSN_PLAIN
                   : INSN_STOP;
    default:
        break;
    }
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_XBEGIN:
    case ZYDIS_MNEMONIC_XABORT:
    case ZYDIS_MNEMONIC_XEND:
        return INSN_STOP;
    default:
        break;
    }
    if (insn->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
        return INSN_STOP;
    for (unsigned i = 0; i < insn->operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &decoded->operands[i];
        /* mov to and from %ds and the like; addresses of 32 bits that count from here */
        if ((operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
             ZydisRegisterGetClass(operand->reg.value) == ZYDIS_REGCLASS_SEGMENT) ||
            (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.base == ZYDIS_REGISTER_EIP))
            return INSN_STOP;
    }
    return INSN_PLAIN;
}

/* Where a relative jump or call goes, xbegin and loop too; NO_TARGET: none, or outside. */
static uint32_t target_of(const struct module *module, const ZydisDecodedInstruction *insn,
                          uint32_t offset)
{
    if (!insn->raw.imm[0].is_relative)
        return NO_TARGET;
    uint64_t target = offset + insn->length + insn->raw.imm[0].value.u;
    return target < text_size(module) ? (uint32_t)target : NO_TARGET;
}

static bool decode(const struct module *module, struct decoded *decoded, uint32_t offset,
                   uint32_t end)
{
    ZydisDecoderContext context;
    return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, module->text + offset,
                                                      end - offset, &decoded->insn)) &&
           ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, &decoded->insn,
                                                   decoded->operands, decoded->insn.operand_count));
}

/* Without looking at forms. */
static bool decode_slowly(const struct module *module, uint32_t offset, uint32_t end,
                          struct insn *ret)
{
    static struct decoded decoded;
    if (!decode(module, &decoded, offset, end))
        return false;
    *ret = (struct insn){.offset = offset,
                         .length = decoded.insn.length,
                         .kind = (uint8_t)kind_of(&decoded),
                         .target = target_of(module, &decoded.insn, offset)};
    if (ret->kind == INSN_BRANCH)
        ret->condition = decoded.insn.opcode & 15;
    decode_effect(&decoded, ret);
    decode_operand(&decoded, ret);
    decode_frame(&decoded, ret);
    form_keep(module->text + offset, &decoded.insn, ret);
    return true;
}

bool decode_at(const struct module *module, uint32_t offset, uint32_t end, struct insn *ret)
{
    if (!form_find(module, offset, end, ret) && !decode_slowly(module, offset, end, ret))
        return false;
    if (ret->access == MEMORY_PLAIN && operand_cannot_race(module, ret))
        ret->access = MEMORY_NONE;
    return true;
}

static bool make_room(struct module *module, uint32_t *room)
{
    if (module->insn_count < *room)
        return true;
    uint64_t more = *room ? *room + *room / 4 : module->covered_bytes / 4 + 64;
    struct insn *insns = more < UINT32_MAX ? realloc(module->insns, more * sizeof *insns) : NULL;
    if (!insns)
        return module_refuse(module, "needs more memory than there is");
    module->insns = insns;
    *room = (uint32_t)more;
    return true;
}

/* Who may come to what an instruction leads to. */
static void mark_leaders(struct module *module, const struct function *function,
                         const struct insn *insn, bool landing)
{
    uint32_t next = insn->offset + insn->length;
    bool inside = insn->target >= function->start && insn->target < function->end;
    if (insn->target != NO_TARGET)
        leader_mark(module, insn->target, LEADER_BRANCH | (inside ? 0 : LEADER_OUTSIDE));
    if (landing)
        leader_mark(module, insn->offset, LEADER_POINTER);
    if (insn->kind == INSN_CALL)
        leader_mark(module, next, LEADER_RETURN);
    else if (insn->kind == INSN_STOP)
        leader_mark(module, next, LEADER_BRANCH);
}

static bool is_endbr(const uint8_t *bytes, unsigned length)
{
    return length == 4 && !memcmp(bytes, "\xf3\x0f\x1e\xfa", 4);
}

static bool decode_function(struct module *module, const struct function *function, uint32_t *room)
{
    leader_mark(module, function->start, LEADER_FUNCTION);
    for (uint32_t at = function->start; at < function->end;) {
        if (!make_room(module, room))
            return false;
        struct insn *insn = &module->insns[module->insn_count];
        if (!decode_at(module, at, function->end, insn)) {
            module->undecoded++;
            leader_mark(module, ++at, LEADER_PADDING);
            continue;
        }
        module->insn_count++;
        module->starts[at / 64] |= 1ull << at % 64;
        mark_leaders(module, function, insn, is_endbr(module->text + at, insn->length));
        at += insn->length;
    }
    return true;
}

/* .plt and the like: nothing but jumps through the loader's slots, push and what pads. */
static bool is_stubs(const struct module *module, uint32_t first)
{
    bool any = false;
    for (uint32_t i = first; i < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        bool slot = insn->kind == INSN_JUMP_FAR && insn->relative && insn->access == MEMORY_NONE;
        const uint8_t *bytes = module->text + insn->offset;
        any |= slot;
        if (!slot && insn->kind != INSN_JUMP && bytes[0] != 0x68 &&
            !(bytes[0] == 0xff && (bytes[1] & 0x38) == 0x30) && !insn_is_padding(module, insn) &&
            !is_endbr(bytes, insn->length))
            return false;
    }
    return any;
}

static void count_before(struct module *module)
{
    uint32_t count = 0;
    for (uint64_t i = 0; i < text_size(module) / 64; i++) {
        module->before[i] = count;
        count += bits_in(module->starts[i]);
    }
}

bool module_decode(struct module *module)
{
    uint32_t room = 0;
    decode_init();
    module_slots(module, &module->slots_start, &module->slots_end);
    module->starts = calloc(text_size(module) / 64, sizeof *module->starts);
    module->before = calloc(text_size(module) / 64, sizeof *module->before);
    module->leaders = calloc(text_size(module), 1);
    if (!module->starts || !module->before || !module->leaders)
        return module_refuse(module, "needs more memory than there is");
    for (uint32_t i = 0; i < module->function_count; i++) {
        uint32_t first = module->insn_count;
        if (!decode_function(module, &module->functions[i], &room))
            return false;
        module->functions[i].stubs = is_stubs(module, first);
    }
    count_before(module);
    return true;
}
