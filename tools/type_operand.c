/* What an instruction's operand points into: followed back through its function to a variable whose
   type is declared. */
#include "type_inside.h"
#include "type_word.h"
#include <Zydis/Zydis.h>
#include <dwarf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_DEPTH   24     /* steps from a name to the pointer that it stands for */
#define FOLLOW_DEPTH 12     /* steps back from an operand */
#define CODE_MOST    65536u /* bytes of a function that are followed */
#define SCOPES_MOST  32

struct step {
    uint64_t address;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

struct follow {
    struct symbol_file *file;
    const struct step *steps;
    size_t count;
    Dwarf_Die scopes[SCOPES_MOST]; /* around the instruction asked about, innermost first */
    int scope_count;
    int frame_register; /* variables lie at an offset from it (clang); -1: from the CFA */
    unsigned depth;
};

/* Where a pointer points: offset bytes into something of this type. */
struct pointed {
    Dwarf_Die type;
    int64_t offset;
};

static ZydisRegister whole(ZydisRegister reg)
{
    return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
}

/* System V x86-64 psABI, figure 3.36: DWARF's numbers of registers. */
static int dwarf_number(ZydisRegister reg)
{
    static const int numbers[] = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};
    reg = whole(reg);
    return reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15
               ? numbers[reg - ZYDIS_REGISTER_RAX]
               : -1;
}

static bool points_to(Dwarf_Die *type, struct pointed *ret)
{
    Dwarf_Die at = *type, inner;
    for (unsigned depth = 0; depth < TYPE_DEPTH; depth++) {
        int tag = dwarf_tag(&at);
        if (!type_of_die(&at, &inner))
            return false;
        if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
            tag == DW_TAG_rvalue_reference_type) {
            *ret = (struct pointed){inner, 0};
            return true;
        }
        if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type &&
            tag != DW_TAG_restrict_type && tag != DW_TAG_atomic_type)
            return false;
        at = inner;
    }
    return false;
}

/* Variables and arguments in scope, each with where it is at address. visit returns true to end. */
static bool each_local(struct follow *follow, uint64_t address, int reg, int64_t frame_offset,
                       struct pointed *ret)
{
    for (int i = 0; i < follow->scope_count; i++) {
        Dwarf_Die die, type;
        if (dwarf_child(&follow->scopes[i], &die))
            continue;
        do {
            int tag = dwarf_tag(&die);
            Dwarf_Attribute attribute;
            Dwarf_Op *ops;
            size_t count;
            if ((tag != DW_TAG_variable && tag != DW_TAG_formal_parameter) ||
                !dwarf_attr(&die, DW_AT_location, &attribute) ||
                dwarf_getlocation_addr(&attribute, address - follow->file->dwarf_bias, &ops, &count,
                                       1) != 1 ||
                !count || !type_of_die(&die, &type))
                continue;
            if (reg >= 0 && count == 1 && ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31 &&
                ops[0].atom - DW_OP_reg0 == reg && points_to(&type, ret))
                return true;
            Dwarf_Word size;
            if (reg < 0 && count == 1 && ops[0].atom == DW_OP_fbreg &&
                !dwarf_aggregate_size(&type, &size)) {
                int64_t start = (int64_t)ops[0].number;
                if (frame_offset >= start && frame_offset < start + (int64_t)size) {
                    *ret = (struct pointed){type, frame_offset - start};
                    return true;
                }
            }
        } while (dwarf_siblingof(&die, &die) == 0);
    }
    return false;
}

/* The canonical frame address as register + offset at address. */
static bool frame_at(struct follow *follow, uint64_t address, int *ret_register,
                     int64_t *ret_offset)
{
    Dwarf_Addr bias;
    Dwarf_CFI *cfi = dwfl_module_eh_cfi(follow->file->module, &bias);
    Dwarf_Frame *frame = NULL;
    Dwarf_Op *ops;
    size_t count;
    bool known =
        cfi && !dwarf_cfi_addrframe(cfi, address - bias, &frame) &&
        !dwarf_frame_cfa(frame, &ops, &count) && count == 1 &&
        ((ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31) || ops[0].atom == DW_OP_bregx);
    if (known && ops[0].atom == DW_OP_bregx) {
        *ret_register = (int)ops[0].number;
        *ret_offset = (int64_t)ops[0].number2;
    } else if (known) {
        *ret_register = ops[0].atom - DW_OP_breg0;
        *ret_offset = (int64_t)ops[0].number;
    }
    free(frame);
    return known;
}

/* What the function's DW_AT_frame_base says. */
static int frame_register_of(struct follow *follow)
{
    for (int i = 0; i < follow->scope_count; i++) {
        Dwarf_Attribute attribute;
        Dwarf_Op *ops;
        size_t count;
        if (dwarf_tag(&follow->scopes[i]) == DW_TAG_subprogram &&
            dwarf_attr(&follow->scopes[i], DW_AT_frame_base, &attribute) &&
            !dwarf_getlocation(&attribute, &ops, &count) && count == 1 &&
            ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
            return ops[0].atom - DW_OP_reg0;
    }
    return -1;
}

/* A variable of the frame at displacement from a register. */
static bool pointed_local(struct follow *follow, uint64_t address, int base, int64_t displacement,
                          struct pointed *ret)
{
    int cfa_register;
    int64_t cfa_offset;
    if (follow->frame_register >= 0)
        return base == follow->frame_register && each_local(follow, address, -1, displacement, ret);
    return frame_at(follow, address, &cfa_register, &cfa_offset) && cfa_register == base &&
           each_local(follow, address, -1, displacement - cfa_offset, ret);
}

static bool pointed_by(struct follow *follow, ZydisRegister reg, size_t before,
                       struct pointed *ret);

/* ---- addresses of variables that the loader fills in ---- */

static void index_slots(struct symbol_file *file, Elf *elf, Elf_Scn *section, GElf_Shdr *header,
                        GElf_Addr bias)
{
    Elf_Data *rows = elf_getdata(section, NULL);
    Elf_Scn *names = elf_getscn(elf, header->sh_link);
    Elf_Data *symbols = names ? elf_getdata(names, NULL) : NULL;
    GElf_Rela rela;
    GElf_Sym symbol;
    for (int i = 0; rows && symbols && gelf_getrela(rows, i, &rela); i++)
        if ((GELF_R_TYPE(rela.r_info) == R_X86_64_GLOB_DAT ||
             GELF_R_TYPE(rela.r_info) == R_X86_64_64) &&
            gelf_getsym(symbols, (int)GELF_R_SYM(rela.r_info), &symbol) &&
            symbol.st_shndx != SHN_UNDEF && GELF_ST_TYPE(symbol.st_info) == STT_OBJECT)
            map_put(&file->slots, rela.r_offset + bias + 1,
                    (void *)(uintptr_t)(symbol.st_value + (uint64_t)rela.r_addend + bias));
}

/* The variable whose address lies in the slot of the global offset table at address; 0 unknown. */
static uint64_t slot_target(struct symbol_file *file, uint64_t address)
{
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(file->module, &bias);
    if (!file->slots_indexed && elf) {
        Elf_Scn *section = NULL;
        GElf_Shdr header;
        while ((section = elf_nextscn(elf, section)))
            if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA &&
                (header.sh_flags & SHF_ALLOC))
                index_slots(file, elf, section, &header, bias);
    }
    file->slots_indexed = true;
    return (uint64_t)(uintptr_t)map_get(&file->slots, address + 1);
}

static bool pointed_variable(struct symbol_file *file, uint64_t address, struct pointed *ret)
{
    Dwarf_Die variable;
    uint64_t low;
    if (!symbol_variable_die(file, address, &variable, &low) || !type_of_die(&variable, &ret->type))
        return false;
    ret->offset = (int64_t)(address - low);
    return true;
}

static uint64_t relative_address(const struct step *step, const ZydisDecodedOperand *operand)
{
    int64_t displacement = operand->mem.disp.has_displacement ? operand->mem.disp.value : 0;
    return operand->mem.base == ZYDIS_REGISTER_RIP
               ? step->address + step->instruction.length + (uint64_t)displacement
               : (uint64_t)displacement;
}

/* What lies at a memory operand of step i. */
static bool pointed_operand(struct follow *follow, size_t i, const ZydisDecodedOperand *operand,
                            struct pointed *ret)
{
    const struct step *step = &follow->steps[i];
    int64_t displacement = operand->mem.disp.has_displacement ? operand->mem.disp.value : 0;
    if (operand->mem.segment == ZYDIS_REGISTER_FS || operand->mem.segment == ZYDIS_REGISTER_GS)
        return false;
    if (operand->mem.base == ZYDIS_REGISTER_RIP || operand->mem.base == ZYDIS_REGISTER_NONE)
        return pointed_variable(follow->file, relative_address(step, operand), ret);
    if ((operand->mem.base == ZYDIS_REGISTER_RBP || operand->mem.base == ZYDIS_REGISTER_RSP) &&
        pointed_local(follow, step->address, dwarf_number(operand->mem.base), displacement, ret))
        return true;
    if (!pointed_by(follow, operand->mem.base, i, ret))
        return false;
    ret->offset += displacement;
    return true;
}

/* The value that step i gives to reg. */
static bool pointed_from(struct follow *follow, size_t i, struct pointed *ret)
{
    const struct step *step = &follow->steps[i];
    const ZydisDecodedOperand *from = &step->operands[1];
    bool to_register = step->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER;
    switch (step->instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
        if (!to_register)
            return false;
        if (from->type == ZYDIS_OPERAND_TYPE_REGISTER)
            return pointed_by(follow, from->reg.value, i, ret);
        if (from->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            struct pointed slot;
            uint64_t target = from->mem.base == ZYDIS_REGISTER_RIP
                                  ? slot_target(follow->file, relative_address(step, from))
                                  : 0;
            if (target)
                return pointed_variable(follow->file, target, ret);
            Dwarf_Die last;
            if (!pointed_operand(follow, i, from, &slot) || slot.offset < 0)
                return false;
            if (type_word_at(&slot.type, (uint64_t)slot.offset, &last) == TYPE_UNKNOWN)
                return false;
            return points_to(&last, ret);
        }
        return false;
    case ZYDIS_MNEMONIC_LEA:
        return pointed_operand(follow, i, from, ret);
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_SUB: /* a pointer and how far: the type is the pointer's */
        if (!pointed_by(follow, step->operands[0].reg.value, i, ret))
            return from->type == ZYDIS_OPERAND_TYPE_REGISTER &&
                   step->instruction.mnemonic == ZYDIS_MNEMONIC_ADD &&
                   pointed_by(follow, from->reg.value, i, ret);
        if (from->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
            ret->offset += step->instruction.mnemonic == ZYDIS_MNEMONIC_ADD ? from->imm.value.s
                                                                            : -from->imm.value.s;
        return true;
    default:
        return false;
    }
}

static bool writes(const struct step *step, ZydisRegister reg)
{
    /* A call returns with what the callee left in caller-saved registers. */
    if (step->instruction.meta.category == ZYDIS_CATEGORY_CALL)
        return reg != ZYDIS_REGISTER_RBX && reg != ZYDIS_REGISTER_RBP && reg < ZYDIS_REGISTER_R12;
    for (unsigned i = 0; i < step->instruction.operand_count; i++)
        if (step->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            (step->operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
            whole(step->operands[i].reg.value) == reg)
            return true;
    return false;
}

/* What reg points to before step `before`: a variable that lives in it, or what was put there last.
   Straight back through the code: branches are not followed, so it may be another path's value,
   of the same type in all code that compilers make. */
static bool pointed_by(struct follow *follow, ZydisRegister reg, size_t before, struct pointed *ret)
{
    reg = whole(reg);
    if (dwarf_number(reg) < 0 || follow->depth++ > FOLLOW_DEPTH)
        return false;
    if (each_local(follow, follow->steps[before].address, dwarf_number(reg), 0, ret))
        return true;
    for (size_t i = before; i-- > 0;)
        if (writes(&follow->steps[i], reg))
            return pointed_from(follow, i, ret);
    return each_local(follow, follow->steps[0].address, dwarf_number(reg), 0,
                      ret); /* an argument */
}

/* Who asks for all operands of a function, one after the other, has each instruction decoded once.
 */
static void decode_to(struct decoded *decoded, const uint8_t *code, uint64_t address)
{
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    while (decoded->next <= address) {
        decoded->steps =
            array_grow(decoded->steps, decoded->count, &decoded->capacity, sizeof(struct step));
        struct step *step = (struct step *)decoded->steps + decoded->count;
        step->address = decoded->next;
        if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, code + (decoded->next - decoded->low),
                                               address + 15 - decoded->next, &step->instruction,
                                               step->operands)))
            return;
        decoded->count++;
        decoded->next += step->instruction.length;
    }
}

/* Instructions from low to the one at address, which is the last. False: code that does not decode.
 */
static bool decode(struct follow *follow, const uint8_t *code, uint64_t low, uint64_t address)
{
    struct decoded *decoded = &follow->file->decoded;
    if (decoded->low != low) {
        decoded->low = decoded->next = low;
        decoded->count = 0;
    }
    decode_to(decoded, code, address);
    const struct step *steps = decoded->steps;
    size_t first = 0, last = decoded->count;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        if (steps[middle].address < address)
            first = middle + 1;
        else
            last = middle;
    }
    follow->steps = steps;
    follow->count = first + 1;
    return first < decoded->count && steps[first].address == address;
}

static const ZydisDecodedOperand *memory_operand(const struct step *step)
{
    for (unsigned i = 0; i < step->instruction.operand_count; i++)
        if (step->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            step->operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM)
            return &step->operands[i];
    return NULL;
}

/* The function, and the blocks and inlined calls in it, around pc; die is the one found last. */
static void find_scopes(struct follow *follow, Dwarf_Die *die, Dwarf_Addr pc)
{
    Dwarf_Die child;
    if (follow->scope_count == SCOPES_MOST)
        return;
    memmove(follow->scopes + 1, follow->scopes, (size_t)follow->scope_count * sizeof *die);
    follow->scopes[0] = *die;
    follow->scope_count++;
    if (dwarf_child(die, &child))
        return;
    do {
        int tag = dwarf_tag(&child);
        bool scope = tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine ||
                     tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
        if (scope && dwarf_haspc(&child, pc) > 0) {
            find_scopes(follow, &child, pc);
            return;
        }
    } while (dwarf_siblingof(&child, &child) == 0);
}

enum type_word type_of_operand(struct symbol_file *file, const uint8_t *code, uint64_t low,
                               uint64_t address)
{
    struct follow follow = {.file = file};
    enum type_word word = TYPE_UNKNOWN;
    struct pointed pointed;
    Dwarf_Die function, last;
    uint64_t start;
    if (address < low || address - low > CODE_MOST ||
        !symbol_function_at(file, address, &function, &start))
        return TYPE_UNKNOWN;
    find_scopes(&follow, &function, address - file->dwarf_bias);
    follow.frame_register = frame_register_of(&follow);
    if (decode(&follow, code, low, address)) {
        const ZydisDecodedOperand *operand = memory_operand(&follow.steps[follow.count - 1]);
        if (operand && pointed_operand(&follow, follow.count - 1, operand, &pointed)) {
            Dwarf_Word size;
            /* p[i]: any element is like the first. */
            if (!dwarf_aggregate_size(&pointed.type, &size) && size) {
                pointed.offset %= (int64_t)size;
                if (pointed.offset < 0)
                    pointed.offset += (int64_t)size;
            }
            word = type_word_at(&pointed.type, (uint64_t)pointed.offset, &last);
        }
    }
    return word;
}
