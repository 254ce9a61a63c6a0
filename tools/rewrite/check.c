#include "check.h"

#define SLOT(field) offsetof(struct rewrite_slots, field)

enum { SEGMENT_GS = 0x65 };

bool has_cells(const struct insn *insn)
{
    return insn->size && insn->size <= 64 && !(insn->size & (insn->size - 1));
}

void check_row(struct code *code, const struct insn *insn, unsigned state, int lent)
{
    if (code->ledger)
        ledger_row(code->ledger, code_offset(code), insn,
                   (uint8_t)(state | (lent >= 0 ? MOVED_BORROWED : 0)), lent);
}

/* The same, with what this check has borrowed. */
static void row(const struct check *check, struct code *code, unsigned state, bool borrowed)
{
    check_row(code, check->insn, state, borrowed && check->borrow ? check->scratch : check->lent);
}

static void save_flags(const struct check *check, struct code *code, unsigned state)
{
    unsigned in_rax = check->rax_is_free ? 0 : MOVED_RAX;
    if (in_rax)
        code_slot(code, OPCODE_STORE, REGISTER_RAX, true, SLOT(rax));
    row(check, code, state | in_rax, true);
    code_bytes(code, "\x9f\x0f\x90\xc0", 4); /* lahf; seto %al */
    code_slot(code, OPCODE_STORE, REGISTER_RAX, true, SLOT(flags));
    row(check, code, state | in_rax | MOVED_FLAGS, true);
    if (in_rax)
        code_slot(code, OPCODE_LOAD, REGISTER_RAX, true, SLOT(rax));
    row(check, code, state | MOVED_FLAGS, true);
}

static void restore_flags(const struct check *check, struct code *code, unsigned state)
{
    unsigned in_rax = check->rax_is_free ? 0 : MOVED_RAX;
    if (in_rax)
        code_slot(code, OPCODE_STORE, REGISTER_RAX, true, SLOT(rax));
    row(check, code, state | in_rax | MOVED_FLAGS, true);
    code_slot(code, OPCODE_LOAD, REGISTER_RAX, true, SLOT(flags));
    code_bytes(code, "\x04\x7f\x9e", 3); /* add $127, %al; sahf */
    if (in_rax)
        code_slot(code, OPCODE_LOAD, REGISTER_RAX, true, SLOT(rax));
}

static void borrow(const struct check *check, struct code *code, unsigned state)
{
    if (check->borrow)
        code_slot(code, OPCODE_STORE, check->scratch, true, SLOT(scratch));
    row(check, code, state, true);
}

static void give_back(const struct check *check, struct code *code)
{
    if (check->borrow)
        code_slot(code, OPCODE_LOAD, check->scratch, true, SLOT(scratch));
}

/* Lowers the stack below the red zone, calls, raises it. */
static void call_thunk(const struct check *check, struct code *code, enum rewrite_thunk thunk,
                       unsigned state, bool borrowed)
{
    code_lower_stack(code);
    row(check, code, state | MOVED_CALL, borrowed);
    code_call(code, thunk);
    code_raise_stack(code);
    row(check, code, state, borrowed);
}

static bool is_store(const struct check *check)
{
    return check->insn->flags & SITE_WRITE;
}

/* Where the filter is, behind its address. */
static uint8_t cell_segment(const struct check *check)
{
    return check->form == FORM_GS ? SEGMENT_GS : 0;
}

static void cell_address(const struct check *check, struct code *code, int32_t add)
{
    code_address(code, check->scratch, &check->operand, add);
    if (check->form == FORM_FLIP)
        code_slot(code, OPCODE_XOR, check->scratch, true, SLOT(flip));
}

/* The cell, or pair of cells, of the program's bytes `add` behind the operand. */
static void load_cell(const struct check *check, struct code *code, int32_t add)
{
    bool wide = check->insn->size >= 8;
    if (check->form == FORM_GS && !check->operand.in_thread) {
        code_operand(code, SEGMENT_GS, OPCODE_LOAD, check->scratch, wide, &check->operand, add);
        return;
    }
    cell_address(check, code, add);
    struct operand at = {.base = (int8_t)check->scratch, .index = -1};
    code_operand(code, cell_segment(check), OPCODE_LOAD, check->scratch, wide, &at, 0);
}

static void compare_cell(struct check *check, struct code *hot, size_t slot)
{
    code_slot(hot, OPCODE_COMPARE, check->scratch, check->insn->size >= 8, slot);
    check->misses[check->miss_count++] = code_branch(hot, CONDITION_NOT_EQUAL, code_here(hot));
}

static void compare_cells(struct check *check, struct code *hot)
{
    bool wide = check->insn->size >= 8;
    uint32_t count = wide ? check->insn->size / 8u : 1;
    for (uint32_t i = 0; i < count; i++) {
        load_cell(check, hot, (int32_t)i * 8);
        compare_cell(check, hot, is_store(check) ? SLOT(write) : SLOT(read));
        check->passed[i] = code_here(hot);
    }
}

/* One or two bytes: what the cell says of them, and then, whatever it says of the others, whose it
   is. For two bytes that lie in two cells, where the second is at a multiple of 4, the shim is
   asked. */
static void compare_part(struct check *check, struct code *hot)
{
    int reg = check->scratch;
    uint8_t bits = (uint8_t)(is_store(check) ? CELL_WRITTEN_BITS : CELL_TOUCHED_BITS);
    int8_t last = (int8_t)(check->insn->size - 1);
    cell_address(check, hot, last);
    for (int8_t i = 0; i <= last; i++) {
        code_test_byte(hot, cell_segment(check), reg, (int8_t)(i - last), bits);
        check->misses[check->miss_count++] = code_branch(hot, CONDITION_EQUAL, code_here(hot));
    }
    if (last) {
        code_test(hot, reg, 3);
        check->misses[check->miss_count++] = code_branch(hot, CONDITION_EQUAL, code_here(hot));
    }
    code_and(hot, reg, -4);
    struct operand at = {.base = (int8_t)reg, .index = -1};
    code_operand(hot, cell_segment(check), OPCODE_LOAD, reg, false, &at, 0);
    code_or(hot, reg, (uint32_t)(CELL_TOUCHED_BITS | CELL_WRITTEN_BITS));
    compare_cell(check, hot, SLOT(write));
}

static void plain_before(struct check *check, struct code *hot)
{
    borrow(check, hot, MOVED_CHECKING);
    if (check->keep_flags)
        save_flags(check, hot, MOVED_CHECKING);
    if (check->insn->size < 4)
        compare_part(check, hot);
    else
        compare_cells(check, hot);
    check->back = code_here(hot);
    if (check->keep_flags)
        restore_flags(check, hot, MOVED_CHECKING);
    give_back(check, hot);
}

static void tell_address(const struct check *check, struct code *code)
{
    code_address(code, check->scratch, &check->operand, 0);
    code_slot(code, OPCODE_STORE, check->scratch, true, SLOT(address));
}

/* Accesses that the shim is always asked for; the thunk keeps the flags. */
static void call_before(const struct check *check, struct code *hot, enum rewrite_thunk thunk)
{
    row(check, hot, MOVED_CHECKING, false);
    if (thunk != THUNK_STRING) {
        borrow(check, hot, MOVED_CHECKING);
        tell_address(check, hot);
        give_back(check, hot);
        row(check, hot, MOVED_CHECKING, false);
    }
    code_slot_set(hot, SLOT(site), check->site_word);
    call_thunk(check, hot, thunk, MOVED_CHECKING, false);
}

void check_before(struct check *check, struct code *hot)
{
    row(check, hot, MOVED_CHECKING, false);
    if (check->insn->access == MEMORY_STRING)
        call_before(check, hot, THUNK_STRING);
    else if (check->insn->access == MEMORY_LOCKED)
        call_before(check, hot, THUNK_BEFORE);
    else if (has_cells(check->insn))
        plain_before(check, hot);
    else
        call_before(check, hot, THUNK_RANGE);
}

/* A load that found its cell written by this thread is as good as one that found it read. */
static void misses(const struct check *check, struct code *hot, struct code *cold)
{
    bool wide = check->insn->size >= 8;
    uint8_t *slow[8];
    uint32_t slow_count = 0;
    for (uint32_t i = 0; i < check->miss_count; i++) {
        code_land(hot, check->misses[i], code_here(cold));
        if (is_store(check) || check->insn->size < 4)
            continue;
        code_slot(cold, OPCODE_COMPARE, check->scratch, wide, SLOT(write));
        code_branch(cold, CONDITION_EQUAL, check->passed[i]);
        if (i + 1 < check->miss_count) {
            code_jump(cold, code_here(cold));
            slow[slow_count++] = cold->at - 4;
        }
    }
    for (uint32_t i = 0; i < slow_count; i++)
        code_land(cold, slow[i], code_here(cold));
}

/* Only what is nothing but a load can be the acquire of an atomic. */
static bool may_acquire(const struct check *check)
{
    const struct insn *insn = check->insn;
    return insn->kind == INSN_PLAIN && insn->access == MEMORY_PLAIN && (insn->flags & SITE_MOVE) &&
           !(insn->flags & SITE_WRITE);
}

/* The load itself, in the cold part, when the shim wants to hear of its end. */
static void load_and_tell(const struct check *check, struct code *cold, int64_t behind)
{
    if (check->keep_flags)
        restore_flags(check, cold, MOVED_COLD | MOVED_CHECKING);
    give_back(check, cold);
    row(check, cold, MOVED_COLD, false);
    code_copy(cold, check->insn, check->bytes);
    row(check, cold, MOVED_COLD | MOVED_DONE, false);
    call_thunk(check, cold, THUNK_AFTER, MOVED_COLD | MOVED_DONE, false);
    code_jump(cold, behind);
}

static void plain_behind(const struct check *check, struct code *hot, struct code *cold)
{
    unsigned state = MOVED_COLD | MOVED_CHECKING | (check->keep_flags ? MOVED_FLAGS : 0);
    row(check, cold, state, true);
    misses(check, hot, cold);
    tell_address(check, cold);
    code_slot_set(cold, SLOT(site), check->site_word);
    call_thunk(check, cold, THUNK_CHECK, state, true);
    if (!may_acquire(check)) {
        code_jump(cold, check->back);
        return;
    }
    code_slot_is_zero(cold, SLOT(after));
    code_branch(cold, CONDITION_EQUAL, check->back);
    load_and_tell(check, cold, code_here(hot));
}

static void locked_behind(const struct check *check, struct code *hot, struct code *cold)
{
    row(check, hot, MOVED_DONE, false);
    if (check->flags_behind) {
        call_thunk(check, hot, THUNK_AFTER, MOVED_DONE, false);
        return;
    }
    code_slot_is_zero(hot, SLOT(after));
    uint8_t *asked = code_branch(hot, CONDITION_NOT_EQUAL, code_here(hot));
    code_land(hot, asked, code_here(cold));
    row(check, cold, MOVED_COLD | MOVED_DONE, false);
    call_thunk(check, cold, THUNK_AFTER, MOVED_COLD | MOVED_DONE, false);
    code_jump(cold, code_here(hot));
}

void check_behind(struct check *check, struct code *hot, struct code *cold)
{
    if (check->insn->access == MEMORY_LOCKED)
        locked_behind(check, hot, cold);
    else if (check->insn->access == MEMORY_PLAIN && has_cells(check->insn))
        plain_behind(check, hot, cold);
}
