/*
 * DWARF expressions (DWARF 5, 2.5) as far as unwinding uses them: their value as a sum that a row
 * can hold. A stack machine over values of three forms: a number, register + number, and
 * *(register + number) + number; rip is a number, since a row belongs to one pc.
 *
 * Used by state/dwarf_row.c. Any thread, no state.
 */
#ifndef HOLDFAST_STATE_DWARF_EXPRESSION_H
#define HOLDFAST_STATE_DWARF_EXPRESSION_H

#include "state/eh_frame.h"

#define NO_REGISTER 0xffu

/* base + offset, or with deref *(base + offset) + add. base NO_REGISTER: offset alone. */
struct dwarf_sum {
    uint8_t base; /* DWARF register number, BASE_CFA or NO_REGISTER */
    bool deref;
    int64_t offset, add;
};

/* Returns false for what is no such sum. pushed: what is on the stack at the beginning, or NULL. */
bool dwarf_expression(struct dwarf_bytes bytes, uintptr_t pc, const struct dwarf_sum *pushed,
                      struct dwarf_sum *ret_sum);

#endif
