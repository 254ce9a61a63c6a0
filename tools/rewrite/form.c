/*
 * Forms of instructions that were decoded before. What an instruction is follows from its prefixes,
 * opcode, ModRM and SIB alone; displacement and constant are only numbers in it. So most are not
 * decoded but copied, which takes a tenth of the time.
 *
 * How far these bytes go (the head) is found here with the few rules below, and believed only when
 * the decoder agrees: a form is kept only when its head has the length that the decoder says, and
 * the same head has the same length wherever it stands. What is special is never kept: EVEX
 * (displacements count in operands), absolute addresses of 64 bits, shifts by a constant in memory
 * (by zero they leave the flags alone; of registers the constant belongs to the head).
 */
#include "form.h"

#define FORMS (1u << 14)

struct form {
    uint64_t head; /* 0: none */
    struct insn insn;
    uint8_t displacement_size, constant, constant_size; /* constant: of a relative jump */
};

static struct form forms[FORMS];

/* Bit per opcode: a ModRM byte follows. Map 0f: nearly all. */
static const uint16_t modrm_one[16] = {0x0f0f, 0x0f0f, 0x0f0f, 0x0f0f, 0x0000, 0x0000,
                                       0x0a08, 0x0000, 0xffff, 0x0000, 0x0000, 0x0000,
                                       0xffc3, 0xff0f, 0x0000, 0xc0c0};
static const uint16_t modrm_two[16] = {0xa00f, 0xffff, 0xffff, 0x0000, 0xffff, 0xffff,
                                       0xffff, 0xff7f, 0x0000, 0xffff, 0xf838, 0xffff,
                                       0x00ff, 0xffff, 0xffff, 0xffff};

struct head {
    unsigned size;              /* bytes of the head, 0: no form */
    unsigned displacement_size; /* that follow it */
    bool with_constant;         /* its last byte is a constant */
};

/* What follows the opcode; at: the ModRM byte. */
static struct head with_modrm(const uint8_t *bytes, unsigned at, uint8_t opcode, bool one)
{
    uint8_t modrm = bytes[at], mod = modrm >> 6, rm = modrm & 7;
    struct head head = {.size = at + 1};
    if (mod == 3) {
        head.with_constant = one && (opcode == 0xc0 || opcode == 0xc1);
        head.size += head.with_constant;
        return head;
    }
    if (one && (opcode == 0xc0 || opcode == 0xc1))
        return (struct head){0};
    if (rm == 4) {
        uint8_t base = bytes[at + 1] & 7;
        head.size++;
        if (base == 5 && !mod)
            head.displacement_size = 4;
    } else if (rm == 5 && !mod) {
        head.displacement_size = 4;
    }
    if (mod == 1)
        head.displacement_size = 1;
    else if (mod == 2)
        head.displacement_size = 4;
    return head;
}

/* bytes: 16 may be read. */
static struct head head_of(const uint8_t *bytes)
{
    static const struct head none = {0};
    unsigned at = 0;
    while (at < 4 && insn_legacy_prefix(bytes[at]))
        at++;
    if (bytes[at] == 0xc5 && bytes[at + 2] != 0x77)
        return with_modrm(bytes, at + 3, 0, false);
    if (bytes[at] == 0xc4 && bytes[at + 3] != 0x77)
        return with_modrm(bytes, at + 4, 0, false);
    if ((bytes[at] & 0xf0) == 0x40)
        at++;
    uint8_t opcode = bytes[at++];
    if (opcode == 0x62 || opcode == 0xc4 || opcode == 0xc5 || opcode == 0x8f || opcode == 0x67)
        return none;
    if (opcode != 0x0f) {
        if (modrm_one[opcode >> 4] >> (opcode & 15) & 1)
            return with_modrm(bytes, at, opcode, true);
        return (struct head){.size = at};
    }
    opcode = bytes[at++];
    if (opcode == 0x38 || opcode == 0x3a)
        return with_modrm(bytes, at + 1, 0, false);
    if (opcode == 0x0f || opcode == 0xa4 || opcode == 0xac) /* shld and shrd by a constant */
        return none;
    if (modrm_two[opcode >> 4] >> (opcode & 15) & 1)
        return with_modrm(bytes, at, opcode, false);
    return (struct head){.size = at};
}

/* The head as a number, with its length; 0: none, or too long. */
static uint64_t key_of(const uint8_t *bytes, struct head head)
{
    uint64_t key;
    if (!head.size || head.size > 7)
        return 0;
    memcpy(&key, bytes, 8);
    return (key & ((1ull << head.size * 8) - 1)) | (uint64_t)head.size << 56;
}

static struct form *place_of(uint64_t key)
{
    return &forms[key * 0x9e3779b97f4a7c15ull >> 50];
}

static int64_t number(const uint8_t *bytes, unsigned size)
{
    int32_t value = 0;
    if (size == 1)
        return (int8_t)*bytes;
    if (size == 4)
        memcpy(&value, bytes, 4);
    return value;
}

bool form_find(const struct module *module, uint32_t offset, uint32_t end, struct insn *ret)
{
    const uint8_t *bytes = module->text + offset;
    if (end - offset < 16)
        return false;
    struct head head = head_of(bytes);
    uint64_t key = key_of(bytes, head);
    const struct form *form = place_of(key);
    if (!key || form->head != key)
        return false;
    *ret = form->insn;
    ret->offset = offset;
    if (form->displacement_size)
        ret->offset_of_operand = (int32_t)number(bytes + head.size, form->displacement_size);
    ret->target = NO_TARGET;
    if (form->constant_size) {
        uint64_t target =
            offset + ret->length + (uint64_t)number(bytes + form->constant, form->constant_size);
        if (target < text_size(module))
            ret->target = (uint32_t)target;
    }
    return true;
}

/* Where the decoder sees the end of the head. */
static unsigned decoded_head(const ZydisDecodedInstruction *insn)
{
    if (insn->attributes & ZYDIS_ATTRIB_HAS_SIB)
        return insn->raw.sib.offset + 1u;
    if (insn->attributes & ZYDIS_ATTRIB_HAS_MODRM)
        return insn->raw.modrm.offset + 1u;
    if (insn->raw.imm[0].size)
        return insn->raw.imm[0].offset;
    return insn->length;
}

void form_keep(const uint8_t *bytes, const ZydisDecodedInstruction *decoded,
               const struct insn *insn)
{
    uint8_t room[16] = {0};
    memcpy(room, bytes, decoded->length);
    struct head head = head_of(room);
    uint64_t key = key_of(room, head);
    if (!key || decoded_head(decoded) + head.with_constant != head.size ||
        decoded->raw.disp.size != head.displacement_size * 8 ||
        (head.displacement_size && decoded->raw.disp.offset != head.size) ||
        (decoded->raw.imm[0].is_relative && decoded->raw.imm[0].size != 8 &&
         decoded->raw.imm[0].size != 32))
        return;
    *place_of(key) = (struct form){
        .head = key, .insn = *insn, .displacement_size = (uint8_t)head.displacement_size};
    if (decoded->raw.imm[0].is_relative) {
        place_of(key)->constant = decoded->raw.imm[0].offset;
        place_of(key)->constant_size = decoded->raw.imm[0].size / 8;
    }
}
