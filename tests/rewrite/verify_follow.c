/*
 * Follows moved code with symbols in place of values. Naive on purpose: one instruction of the
 * text at a time, every way through its check from its first row to the next instruction.
 */
#include <stdio.h>
#include <string.h>

#include "tests/rewrite/verify.h"

#define SLOT(field) (int)offsetof(struct rewrite_slots, field)

enum value {
    PROGRAMS, /* what the program has there */
    UNKNOWN,
    FLAGS_AH,   /* lahf was here */
    FLAGS_WORD, /* and seto %al */
    CELL,
    ANY_CELL, /* whatever it says of its bytes */
    ADDRESS,  /* of the access */
    LAST,     /* of its second byte, of two */
    FLIPPED,  /* of its cell, in form FLIP */
    ALIGNED,  /* of the cell of one or two bytes */
    THREAD,   /* the fs base */
    PARTLY,   /* the fs base + the base register */
};

/* What the flags hold. */
enum {
    FLAGS_OVERFLOW = 20, /* the program's overflow flag, after add $127, %al */
};

struct state {
    uint32_t at; /* code offset */
    uint8_t reg[16];
    uint8_t flags;
    int8_t slot_scratch;       /* number of the register whose value it holds, -1 none */
    bool slot_rax, slot_flags; /* hold the program's */
    bool slot_address, slot_site;
    bool low;       /* the stack pointer is 128 below */
    bool compared;  /* with a cell, in the instruction before */
    bool testing;   /* a byte of a cell, in the instruction before */
    bool crossing;  /* whether two bytes lie in two cells, in the instruction before */
    bool in_one;    /* they do not */
    uint8_t tested; /* bytes that are in their cell */
    bool checked;   /* all cells matched so far, or the shim was told */
    bool done;      /* the instruction is behind us */
    uint8_t cells;  /* that matched */
    uint8_t steps;
};

struct follow {
    struct view *view;
    const struct insn *insn;
    struct step text; /* the instruction as it stands there */
    bool watched;     /* has a site */
    const struct rewrite_site *site;
    struct state stack[64];
    uint32_t depth;
};

static uint32_t live_before(const struct insn *insn)
{
    return (uint32_t)(insn->uses | (insn->live & ~insn->defines));
}

static void fail(struct follow *follow, const struct state *state, const char *what)
{
    problem(follow->view, state->at, follow->insn->offset, what);
}

static int number_of(ZydisRegister name)
{
    ZydisRegister large = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
    if (large < ZYDIS_REGISTER_RAX || large > ZYDIS_REGISTER_R15)
        return -1;
    return (int)(large - ZYDIS_REGISTER_RAX);
}

/* What the row promises holds, and what the program still needs is where the row says. */
static void check_promises(struct follow *follow, const struct state *state,
                           const struct rewrite_moved *row)
{
    if (row->state & MOVED_BORROWED && state->slot_scratch != row->scratch)
        fail(follow, state, "borrowed register is not in its slot");
    if (row->state & MOVED_RAX && !state->slot_rax)
        fail(follow, state, "rax is not in its slot");
    if (row->state & MOVED_FLAGS && !state->slot_flags)
        fail(follow, state, "flags are not in their slot");
    if (!(row->state & MOVED_CALL) != !state->low)
        fail(follow, state, "stack pointer is not where the row says");
    if (!(row->state & MOVED_DONE) != !state->done)
        fail(follow, state, "row is wrong about the instruction being done");
    uint32_t live = state->done ? (uint32_t)follow->insn->live : live_before(follow->insn);
    live |= 1u << 4 | 1u << 5 | 1u << 3; /* a frame is found by these */
    for (int i = 0; i < 16; i++) {
        bool kept = state->reg[i] == PROGRAMS ||
                    (row->state & MOVED_BORROWED && row->scratch == i) ||
                    (row->state & MOVED_RAX && i == 0);
        if (live >> i & 1 && !kept)
            fail(follow, state, "a register that the program needs is lost");
    }
    if (live & INSN_FLAGS && state->flags != PROGRAMS && !(row->state & MOVED_FLAGS))
        fail(follow, state, "flags that the program needs are lost");
}

static void push(struct follow *follow, const struct state *state, uint32_t at)
{
    if (follow->depth == sizeof follow->stack / sizeof follow->stack[0]) {
        fail(follow, state, "too many ways");
        return;
    }
    follow->stack[follow->depth] = *state;
    follow->stack[follow->depth++].at = at;
}

static int64_t relative_target(const struct step *step, int64_t address)
{
    return address + step->insn.length + step->insn.raw.imm[0].value.s;
}

static int64_t code_address(const struct follow *follow, uint32_t at)
{
    return follow->view->header->distance + at;
}

/* Both memory operands mean the same bytes, `add` apart. */
static bool same_bytes(const struct follow *follow, const struct state *state,
                       const struct step *step, const ZydisDecodedOperand *here, int64_t *ret_add)
{
    const ZydisDecodedOperand *there = NULL;
    for (int i = 0; i < follow->text.insn.operand_count && !there; i++)
        if (follow->text.operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            follow->text.operands[i].visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
            there = &follow->text.operands[i];
    if (!there)
        return false;
    for (int i = 0; i < 2; i++) {
        int reg = number_of(i ? here->mem.index : here->mem.base);
        if (reg >= 0 && state->reg[reg] != PROGRAMS)
            return false;
        if (reg == 4 && state->low)
            return false;
    }
    if (there->mem.base == ZYDIS_REGISTER_RIP) {
        *ret_add = (code_address(follow, state->at) + step->insn.length + here->mem.disp.value) -
                   ((int64_t)follow->insn->offset + follow->insn->length + there->mem.disp.value);
        return here->mem.base == ZYDIS_REGISTER_RIP;
    }
    *ret_add = here->mem.disp.value - there->mem.disp.value;
    return here->mem.base == there->mem.base && here->mem.index == there->mem.index &&
           (here->mem.index == ZYDIS_REGISTER_NONE || here->mem.scale == there->mem.scale);
}

static const ZydisDecodedOperand *memory_of(const struct step *step)
{
    for (int i = 0; i < step->insn.operand_count; i++)
        if (step->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
            return &step->operands[i];
    return NULL;
}

static bool is_in_thread(const struct follow *follow)
{
    return follow->text.insn.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS;
}

/* lea: the address of the access, or steps on the way to that of a thread's variable. */
static uint8_t value_of_lea(struct follow *follow, const struct state *state,
                            const struct step *step)
{
    const ZydisDecodedOperand *memory = &step->operands[1];
    int64_t add = 0;
    if (!is_in_thread(follow)) {
        if (!same_bytes(follow, state, step, memory, &add))
            return UNKNOWN;
        if (follow->insn->size == 2 && add == 1)
            return LAST;
        return add >= 0 && add < follow->insn->size && add % 8 == 0 ? ADDRESS : UNKNOWN;
    }
    int base = number_of(memory->mem.base), index = number_of(memory->mem.index);
    int64_t displacement = memory->mem.disp.value;
    const struct insn *insn = follow->insn;
    bool base_is_thread = base >= 0 && state->reg[base] == THREAD;
    bool index_is_thread = index >= 0 && state->reg[index] == THREAD && memory->mem.scale == 1;
    bool end = displacement >= insn->offset_of_operand &&
               displacement < insn->offset_of_operand + insn->size;
    uint8_t found = insn->size == 2 && displacement != insn->offset_of_operand ? LAST : ADDRESS;
    if (insn->base >= 0 && insn->index >= 0) {
        if (index_is_thread && base == insn->base && state->reg[base] == PROGRAMS && !displacement)
            return PARTLY;
        bool partly = base >= 0 && state->reg[base] == PARTLY && index == insn->index &&
                      state->reg[index] == PROGRAMS && memory->mem.scale == insn->scale;
        return partly && end ? found : UNKNOWN;
    }
    if (insn->base >= 0)
        return index_is_thread && base == insn->base && state->reg[base] == PROGRAMS && end
                   ? found
                   : UNKNOWN;
    if (insn->index >= 0)
        return base_is_thread && index == insn->index && state->reg[index] == PROGRAMS &&
                       memory->mem.scale == insn->scale && end
                   ? found
                   : UNKNOWN;
    return base_is_thread && index < 0 && end ? found : UNKNOWN;
}

static void do_lea(struct follow *follow, struct state *state, const struct step *step)
{
    int to = number_of(step->operands[0].reg.value);
    const ZydisDecodedOperand *memory = &step->operands[1];
    if (to != 4) {
        state->reg[to] = value_of_lea(follow, state, step);
        return;
    }
    int64_t by = memory->mem.disp.value;
    if (memory->mem.base != ZYDIS_REGISTER_RSP || memory->mem.index != ZYDIS_REGISTER_NONE ||
        (by == -128) == state->low || (by != -128 && by != 128))
        fail(follow, state, "stack pointer is moved in an odd way");
    state->low = by == -128;
}

static void store_slot(struct follow *follow, struct state *state, const struct step *step,
                       int slot)
{
    if (step->operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        uint32_t word = (uint32_t)step->operands[1].imm.value.u;
        state->slot_site =
            slot == SLOT(site) && follow->site &&
            word == rewrite_site_word((uint32_t)(follow->site - follow->view->sites), follow->site);
        if (!state->slot_site)
            fail(follow, state, "a constant goes to a slot that is not the site's, or a wrong one");
        return;
    }
    int reg = number_of(step->operands[1].reg.value);
    uint8_t value = state->reg[reg];
    if (slot == SLOT(scratch)) {
        state->slot_scratch = value == PROGRAMS ? (int8_t)reg : -1;
    } else if (slot == SLOT(rax)) {
        state->slot_rax = reg == 0 && value == PROGRAMS;
    } else if (slot == SLOT(flags)) {
        state->slot_flags = reg == 0 && value == FLAGS_WORD;
    } else if (slot == SLOT(address)) {
        state->slot_address = value == ADDRESS;
    } else {
        fail(follow, state, "a store to a slot that is the shim's");
    }
}

static void load_slot(struct follow *follow, struct state *state, const struct step *step, int slot)
{
    int reg = number_of(step->operands[0].reg.value);
    if (slot == SLOT(scratch) && state->slot_scratch == reg)
        state->reg[reg] = PROGRAMS;
    else if (slot == SLOT(rax) && reg == 0 && state->slot_rax)
        state->reg[0] = PROGRAMS;
    else if (slot == SLOT(flags) && reg == 0 && state->slot_flags)
        state->reg[0] = FLAGS_WORD;
    else
        fail(follow, state, "loads from a slot what is not there");
}

/* What holds the address of a cell that an access of 4 bytes or more looks for. */
static uint8_t cell_address(const struct follow *follow)
{
    if (follow->view->header->form == FORM_FLIP)
        return FLIPPED;
    return follow->insn->size == 2 ? LAST : ADDRESS;
}

/* Does the cell have this byte? */
static void do_test(struct follow *follow, struct state *state, const struct step *step)
{
    const ZydisDecodedOperand *memory = memory_of(step);
    if (!memory) {
        int reg = number_of(step->operands[0].reg.value);
        if (reg < 0 || state->reg[reg] != cell_address(follow) || follow->insn->size != 2 ||
            step->operands[1].imm.value.u != 3)
            fail(follow, state, "an odd test");
        state->flags = UNKNOWN;
        state->crossing = true;
        return;
    }
    int base = number_of(memory->mem.base);
    bool writes = follow->insn->flags & SITE_WRITE;
    bool gs = memory->mem.segment == ZYDIS_REGISTER_GS;
    state->flags = UNKNOWN;
    if (base < 0 || state->reg[base] != cell_address(follow) ||
        memory->mem.index != ZYDIS_REGISTER_NONE ||
        memory->mem.disp.value != state->tested - (follow->insn->size - 1) || memory->size != 8 ||
        step->operands[1].imm.value.u != (writes ? 2 : 1) ||
        gs != (follow->view->header->form == FORM_GS))
        fail(follow, state, "tests another byte, or another bit of it");
    state->testing = true;
}

static void do_or(struct follow *follow, struct state *state, const struct step *step)
{
    int reg = number_of(step->operands[0].reg.value);
    int slot = slot_inside(follow->view, state->at, step->insn.length);
    bool part = slot < 0 && step->operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
                (uint32_t)step->operands[1].imm.value.u == 0x03030303 && follow->insn->size < 4 &&
                state->tested == follow->insn->size && (state->in_one || state->tested == 1);
    if (reg < 0 || state->reg[reg] != CELL || !part)
        fail(follow, state, "an odd or");
    state->reg[reg] = ANY_CELL;
    state->flags = UNKNOWN;
}

/* A filter cell: %gs: the operand, or through a register that holds its address. */
static void load_cell(struct follow *follow, struct state *state, const struct step *step,
                      const ZydisDecodedOperand *memory)
{
    int64_t add = 0;
    int base = number_of(memory->mem.base);
    bool direct = same_bytes(follow, state, step, memory, &add) && !is_in_thread(follow);
    uint8_t address = follow->insn->size < 4 ? ALIGNED : cell_address(follow);
    bool through = base >= 0 && state->reg[base] == address && memory->mem.disp.value == 0 &&
                   memory->mem.index == ZYDIS_REGISTER_NONE;
    if (follow->view->header->form == FORM_GS && memory->mem.segment != ZYDIS_REGISTER_GS)
        fail(follow, state, "a cell is not reached by gs");
    if (!through && (!direct || add != 8 * state->cells || follow->insn->size < 4))
        fail(follow, state, "a cell of other bytes");
    state->reg[number_of(step->operands[0].reg.value)] = CELL;
}

static void do_mov(struct follow *follow, struct state *state, const struct step *step)
{
    const ZydisDecodedOperand *memory = memory_of(step);
    int slot = slot_inside(follow->view, state->at, step->insn.length);
    if (!memory) {
        fail(follow, state, "mov between registers");
        return;
    }
    if (slot >= 0) {
        if (memory->mem.segment != ZYDIS_REGISTER_FS || memory->mem.base || memory->mem.index)
            fail(follow, state, "a slot that is not reached by fs");
        if (memory == &step->operands[0])
            store_slot(follow, state, step, slot);
        else
            load_slot(follow, state, step, slot);
        return;
    }
    if (memory == &step->operands[0]) {
        fail(follow, state, "writes to memory");
        return;
    }
    if (memory->mem.segment == ZYDIS_REGISTER_FS && !memory->mem.base && !memory->mem.index &&
        memory->mem.disp.value == 0) {
        state->reg[number_of(step->operands[0].reg.value)] = THREAD;
        return;
    }
    load_cell(follow, state, step, memory);
}

static void do_compare(struct follow *follow, struct state *state, const struct step *step)
{
    int slot = slot_inside(follow->view, state->at, step->insn.length);
    state->flags = UNKNOWN;
    state->compared = false;
    if (slot == SLOT(after))
        return;
    int reg = number_of(step->operands[0].reg.value);
    bool writes = follow->insn->flags & SITE_WRITE;
    uint8_t cell = follow->insn->size < 4 ? ANY_CELL : CELL;
    if (reg < 0 || state->reg[reg] != cell ||
        !(slot == SLOT(write) || (slot == SLOT(read) && !writes && cell == CELL)))
        fail(follow, state, "compares what is no cell, or with a wrong tag");
    if ((step->operands[0].size == 64) != (follow->insn->size >= 8))
        fail(follow, state, "compares too little of a cell");
    state->compared = true;
}

static void do_branch(struct follow *follow, struct state *state, const struct step *step)
{
    int64_t target = relative_target(step, code_address(follow, state->at));
    uint32_t taken = (uint32_t)(target - follow->view->header->distance);
    uint32_t next = state->at + step->insn.length;
    bool equal = step->insn.mnemonic == ZYDIS_MNEMONIC_JZ;
    if (!equal && step->insn.mnemonic != ZYDIS_MNEMONIC_JNZ)
        fail(follow, state, "a branch of another kind");
    struct state matched = *state;
    if (state->testing || state->crossing) {
        state->tested += state->testing;
        state->in_one |= state->crossing;
        state->testing = matched.testing = state->crossing = matched.crossing = false;
        push(follow, state, equal ? next : taken);
        push(follow, &matched, equal ? taken : next);
        return;
    }
    if (state->compared) {
        matched.cells++;
        matched.checked = matched.cells * 8u >= follow->insn->size;
    }
    matched.compared = state->compared = false;
    if (equal) {
        push(follow, &matched, taken);
        push(follow, state, next);
    } else {
        push(follow, state, taken);
        push(follow, &matched, next);
    }
}

static void do_call(struct follow *follow, struct state *state, const struct step *step)
{
    const ZydisDecodedOperand *memory = &step->operands[0];
    int64_t slot = -1;
    if (memory->type == ZYDIS_OPERAND_TYPE_MEMORY && memory->mem.base == ZYDIS_REGISTER_RIP)
        slot = (int64_t)state->at + step->insn.length + memory->mem.disp.value;
    if (!state->low)
        fail(follow, state, "a call into the red zone");
    uint8_t access = follow->insn->access;
    bool cells = access == MEMORY_PLAIN && follow->insn->size && follow->insn->size <= 64 &&
                 !(follow->insn->size & (follow->insn->size - 1));
    if (slot == 8 * THUNK_AFTER) {
        if (!state->done)
            fail(follow, state, "AFTER before the instruction");
        return;
    }
    int64_t expected = access == MEMORY_STRING   ? THUNK_STRING
                       : access == MEMORY_LOCKED ? THUNK_BEFORE
                       : cells                   ? THUNK_CHECK
                                                 : THUNK_RANGE;
    if (slot != 8 * expected)
        fail(follow, state, "calls another thunk");
    if (!state->slot_site || (access != MEMORY_STRING && !state->slot_address))
        fail(follow, state, "the shim is not told which access, or where");
    if (slot == 8 * THUNK_CHECK)
        state->flags = UNKNOWN;
    state->checked = true;
}

static void do_check_step(struct follow *follow, struct state *state, const struct step *step)
{
    switch (step->insn.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
        do_mov(follow, state, step);
        break;
    case ZYDIS_MNEMONIC_LEA:
        do_lea(follow, state, step);
        break;
    case ZYDIS_MNEMONIC_CMP:
        do_compare(follow, state, step);
        break;
    case ZYDIS_MNEMONIC_TEST:
        do_test(follow, state, step);
        break;
    case ZYDIS_MNEMONIC_OR:
        do_or(follow, state, step);
        break;
    case ZYDIS_MNEMONIC_JZ:
    case ZYDIS_MNEMONIC_JNZ:
        do_branch(follow, state, step);
        return;
    case ZYDIS_MNEMONIC_CALL:
        do_call(follow, state, step);
        break;
    case ZYDIS_MNEMONIC_LAHF:
        state->reg[0] = state->flags == PROGRAMS ? FLAGS_AH : UNKNOWN;
        break;
    case ZYDIS_MNEMONIC_SETO:
        state->reg[0] = state->reg[0] == FLAGS_AH && state->flags == PROGRAMS &&
                                step->operands[0].reg.value == ZYDIS_REGISTER_AL
                            ? FLAGS_WORD
                            : UNKNOWN;
        break;
    case ZYDIS_MNEMONIC_ADD:
        state->flags = state->reg[0] == FLAGS_WORD &&
                               step->operands[0].reg.value == ZYDIS_REGISTER_AL &&
                               step->operands[1].imm.value.u == 127
                           ? FLAGS_OVERFLOW
                           : UNKNOWN;
        state->reg[0] = FLAGS_AH;
        break;
    case ZYDIS_MNEMONIC_SAHF:
        state->flags =
            state->reg[0] == FLAGS_AH && state->flags == FLAGS_OVERFLOW ? PROGRAMS : UNKNOWN;
        break;
    case ZYDIS_MNEMONIC_AND: {
        int reg = number_of(step->operands[0].reg.value);
        int64_t mask = step->operands[1].imm.value.s;
        if (state->reg[reg] != cell_address(follow) || follow->insn->size > 2 || mask != -4)
            fail(follow, state, "an odd and");
        state->reg[reg] = ALIGNED;
        state->flags = UNKNOWN;
        break;
    }
    case ZYDIS_MNEMONIC_XOR:
        if (slot_inside(follow->view, state->at, step->insn.length) != SLOT(flip) ||
            state->reg[number_of(step->operands[0].reg.value)] !=
                (follow->insn->size == 2 ? LAST : ADDRESS))
            fail(follow, state, "an odd xor");
        state->reg[number_of(step->operands[0].reg.value)] = FLIPPED;
        state->flags = UNKNOWN;
        break;
    default:
        fail(follow, state, "an instruction that no check has");
    }
    push(follow, state, state->at + step->insn.length);
}

/* Where control goes is as good as the text offset `text`. */
static void check_link(struct follow *follow, const struct state *state, int64_t target,
                       uint32_t text)
{
    if (target == text)
        return;
    int64_t code = target - follow->view->header->distance;
    const struct rewrite_moved *row =
        code >= 0 && code < follow->view->code_size ? row_at(follow->view, (uint32_t)code) : NULL;
    const struct insn *insn = insn_at(follow->view->module, text);
    bool endbr = insn && insn->length == 4 &&
                 !memcmp(follow->view->module->text + text, "\xf3\x0f\x1e\xfa", 4);
    if (!row || row->code != code || row->state & ~MOVED_CHECKING ||
        !(row->text == text || (endbr && row->text == text + 4)))
        fail(follow, state, "goes to something else than the text says");
    else if (follow->view->row_of[insn_at(follow->view->module, row->text) -
                                  follow->view->module->insns] -
                 1 !=
             (uint32_t)(row - follow->view->moved))
        fail(follow, state, "goes into the middle of a check");
}

/* At the end of what belongs to an instruction the program has its registers. */
static void check_end(struct follow *follow, const struct state *state, uint32_t live)
{
    live |= 1u << 4 | 1u << 5 | 1u << 3;
    for (int i = 0; i < 16; i++)
        if (live >> i & 1 && state->reg[i] != PROGRAMS)
            fail(follow, state, "the run ends without a register of the program");
    if (live & INSN_FLAGS && state->flags != PROGRAMS)
        fail(follow, state, "the run ends without the program's flags");
    if (state->low)
        fail(follow, state, "the run ends with the stack pointer too low");
}

static bool same_operand(const struct follow *follow, const struct state *state,
                         const ZydisDecodedOperand *a, const ZydisDecodedOperand *b)
{
    if (a->type != b->type || a->size != b->size || a->visibility != b->visibility)
        return false;
    if (a->type == ZYDIS_OPERAND_TYPE_REGISTER)
        return a->reg.value == b->reg.value;
    if (a->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        return a->imm.value.u == b->imm.value.u;
    if (a->type != ZYDIS_OPERAND_TYPE_MEMORY)
        return false;
    int64_t by = a->mem.base == ZYDIS_REGISTER_RIP
                     ? (int64_t)follow->insn->offset - code_address(follow, state->at)
                     : 0;
    return a->mem.segment == b->mem.segment && a->mem.base == b->mem.base &&
           a->mem.index == b->mem.index && a->mem.scale == b->mem.scale &&
           a->mem.disp.value == b->mem.disp.value + by;
}

/* The instruction itself is the one of the text. */
static void check_copy(struct follow *follow, const struct state *state, const struct step *here)
{
    const struct step *there = &follow->text;
    bool same = here->insn.mnemonic == there->insn.mnemonic &&
                here->insn.length == there->insn.length &&
                here->insn.operand_count == there->insn.operand_count &&
                here->insn.attributes == there->insn.attributes;
    for (int i = 0; same && i < here->insn.operand_count; i++)
        same = same_operand(follow, state, &here->operands[i], &there->operands[i]);
    const uint8_t *a = follow->view->code + state->at;
    const uint8_t *b = follow->view->module->text + follow->insn->offset;
    for (uint32_t i = 0; same && i < here->insn.length; i++) {
        bool displacement = follow->insn->relative && i >= here->insn.raw.disp.offset &&
                            i < here->insn.raw.disp.offset + 4u;
        same = displacement || a[i] == b[i];
    }
    if (!same)
        fail(follow, state, "the instruction is another one");
}

/* Behind it every value that it replaces is the program's again. */
static void after_instruction(struct follow *follow, struct state *state)
{
    for (int i = 0; i < 16; i++)
        if (follow->insn->defines >> i & 1)
            state->reg[i] = PROGRAMS;
    if (follow->insn->defines & INSN_FLAGS)
        state->flags = PROGRAMS;
    state->done = true;
}

static void do_instruction(struct follow *follow, struct state *state, const struct step *step,
                           const struct rewrite_moved *row)
{
    const struct insn *insn = follow->insn;
    uint32_t needed = live_before(insn) & ~(row->state & MOVED_BORROWED ? 1u << row->scratch : 0);
    if (row->state & MOVED_BORROWED && insn->uses >> row->scratch & 1)
        fail(follow, state, "the instruction uses a register that is borrowed");
    if (row->state & (MOVED_FLAGS | MOVED_RAX | MOVED_CALL))
        fail(follow, state, "a check does not end before the instruction");
    check_end(follow, state, needed);
    if (follow->site && !state->checked)
        fail(follow, state, "the instruction is reached without its check");
    int64_t target = relative_target(step, code_address(follow, state->at));
    if (insn->kind == INSN_BRANCH) {
        if (step->insn.mnemonic != follow->text.insn.mnemonic)
            fail(follow, state, "a branch on another condition");
        check_link(follow, state, target, insn->target);
    } else if (insn->kind == INSN_JUMP) {
        if (step->insn.mnemonic != ZYDIS_MNEMONIC_JMP)
            fail(follow, state, "not a jump");
        check_link(follow, state, target, insn->target);
        return;
    } else {
        check_copy(follow, state, step);
    }
    if (insn->kind == INSN_JUMP_FAR || insn->kind == INSN_RETURN)
        return;
    after_instruction(follow, state);
    push(follow, state, state->at + step->insn.length);
}

/* Behind the instruction: on to the next one of the run, or out of it. */
static bool is_next(struct follow *follow, const struct state *state,
                    const struct rewrite_moved *row)
{
    const struct insn *insn = follow->insn, *next = insn + 1;
    if (!state->done || row->text == insn->offset)
        return false;
    if (row->text != insn->offset + insn->length || next->offset != row->text ||
        row->state & MOVED_COLD)
        fail(follow, state, "goes on with another instruction");
    uint32_t lent = row->state & MOVED_BORROWED ? 1u << row->scratch : 0;
    if (lent && state->slot_scratch != row->scratch)
        fail(follow, state, "the next instruction believes a register borrowed");
    check_end(follow, state, (uint32_t)insn->live & ~lent);
    if (!lent && state->slot_scratch >= 0 && state->reg[state->slot_scratch] != PROGRAMS &&
        insn->live >> state->slot_scratch & 1)
        fail(follow, state, "a borrowed register is not given back");
    return true;
}

static void one_step(struct follow *follow, struct state *state)
{
    struct view *view = follow->view;
    const struct rewrite_moved *row = state->at < view->code_size ? row_at(view, state->at) : NULL;
    struct step step;
    if (!row || !step_decode(view, view->code + state->at, view->code_size - state->at, &step)) {
        fail(follow, state, "no code");
        return;
    }
    if (is_next(follow, state, row))
        return;
    if (row->text != follow->insn->offset || row->length != follow->insn->length) {
        fail(follow, state, "a row of another instruction");
        return;
    }
    if (state->at + step.insn.length > row->code + row->size)
        fail(follow, state, "an instruction that leaves its row");
    if (++state->steps > 200) {
        fail(follow, state, "does not end");
        return;
    }
    check_promises(follow, state, row);
    if (!(row->state & (MOVED_CHECKING | MOVED_DONE))) {
        do_instruction(follow, state, &step, row);
        return;
    }
    if (step.insn.mnemonic == ZYDIS_MNEMONIC_JMP) {
        int64_t target = relative_target(&step, code_address(follow, state->at));
        int64_t code = target - view->header->distance;
        const struct rewrite_moved *to =
            code >= 0 && code < view->code_size ? row_at(view, (uint32_t)code) : NULL;
        bool inside =
            to && to->text == follow->insn->offset && (!state->done || to->state & MOVED_DONE);
        bool next = state->done && row->state & MOVED_COLD;
        if (inside || next) {
            push(follow, state, (uint32_t)code);
            return;
        }
        if (!state->done)
            fail(follow, state, "leaves before the instruction");
        check_end(follow, state, (uint32_t)follow->insn->live);
        check_link(follow, state, target, follow->insn->offset + follow->insn->length);
        return;
    }
    do_check_step(follow, state, &step);
}

static const ZydisDecodedOperand *explicit_memory(const struct step *step)
{
    for (int i = 0; i < step->insn.operand_count; i++)
        if (step->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            step->operands[i].visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
            return &step->operands[i];
    return NULL;
}

static bool writes_register(const struct step *step, ZydisRegister name)
{
    int number = number_of(name);
    for (int i = 0; number >= 0 && i < step->insn.operand_count; i++)
        if (step->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            step->operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
            number_of(step->operands[i].reg.value) == number)
            return true;
    return false;
}

/* A watched access without a site of its own: one before it in its run, of the same bytes, has. */
static bool is_covered(struct follow *follow)
{
    const struct view *view = follow->view;
    const struct module *module = view->module;
    const ZydisDecodedOperand *mine = explicit_memory(&follow->text);
    for (const struct insn *at = follow->insn - 1; mine && at >= module->insns; at--) {
        struct step step;
        if (at[1].offset != at->offset + at->length || module->leaders[at[1].offset] ||
            at->kind != INSN_PLAIN || at->access == MEMORY_LOCKED || at->access == MEMORY_STRING ||
            !step_decode(view, module->text + at->offset, at->length, &step))
            return false;
        if (writes_register(&step, mine->mem.base) || writes_register(&step, mine->mem.index))
            return false;
        const ZydisDecodedOperand *theirs = explicit_memory(&step);
        if (!view->site_of[at - module->insns] || !theirs || at->access != MEMORY_PLAIN)
            continue;
        int64_t apart = theirs->mem.disp.value - mine->mem.disp.value;
        if (mine->mem.base == ZYDIS_REGISTER_RIP)
            apart += (int64_t)at->offset + at->length - follow->insn->offset - follow->insn->length;
        if (!apart && theirs->mem.base == mine->mem.base && theirs->mem.index == mine->mem.index &&
            theirs->mem.scale == mine->mem.scale && theirs->mem.segment == mine->mem.segment &&
            at->size >= follow->insn->size &&
            (at->flags & SITE_WRITE || !(follow->insn->flags & SITE_WRITE)))
            return true;
    }
    return false;
}

static void follow_one(struct view *view, uint32_t index, const struct rewrite_moved *row)
{
    const struct module *module = view->module;
    const struct insn *insn = &module->insns[index];
    struct follow follow = {.view = view, .insn = insn};
    if (view->site_of[index])
        follow.site = &view->sites[view->site_of[index] - 1];
    struct state start = {.at = row->code, .slot_scratch = -1};
    if (!step_decode(view, module->text + insn->offset, insn->length, &follow.text))
        fail(&follow, &start, "an instruction that cannot be decoded is moved");
    follow.watched = insn->access == MEMORY_PLAIN || insn->access == MEMORY_LOCKED ||
                     insn->access == MEMORY_STRING;
    if (follow.site && (follow.site->flags != insn->flags || follow.site->size != insn->size))
        fail(&follow, &start, "a site of another kind");
    if (view->header->form != FORM_MOVE_ONLY && follow.watched && !follow.site) {
        view->elided++;
        if (!is_covered(&follow))
            fail(&follow, &start, "an access is not checked");
    }
    view->checks += follow.site != NULL;
    uint32_t live = live_before(insn);
    for (int i = 0; i < 16; i++)
        start.reg[i] = live >> i & 1 || i == 3 || i == 4 || i == 5 ? PROGRAMS : UNKNOWN;
    start.flags = live & INSN_FLAGS ? PROGRAMS : UNKNOWN;
    if (row->state & MOVED_BORROWED) {
        start.slot_scratch = (int8_t)row->scratch;
        start.reg[row->scratch] = UNKNOWN;
    }
    /* What the program does not need any more it has nevertheless: a slot may keep it. */
    for (int i = 0; i < 16; i++)
        if (start.reg[i] == UNKNOWN && !(row->state & MOVED_BORROWED && row->scratch == i))
            start.reg[i] = PROGRAMS;
    push(&follow, &start, start.at);
    while (follow.depth) {
        struct state state = follow.stack[--follow.depth];
        one_step(&follow, &state);
    }
    view->followed++;
}

void verify_follow(struct view *view)
{
    for (uint32_t i = 0; i < view->module->insn_count; i++)
        if (view->row_of[i])
            follow_one(view, i, &view->moved[view->row_of[i] - 1]);
}
