/*
 * Running call frame instructions (DWARF 5, 6.4.2) up to one pc, and saying the result as a row.
 * Only CFA, rbp and the return address matter for walking; what else a row would need (another
 * callee-saved register as a base, a value that has to be computed) makes it ROW_COMPLEX.
 *
 * Used by state/unwind.c. Any thread, no state.
 */
#ifndef HOLDFAST_STATE_DWARF_ROW_H
#define HOLDFAST_STATE_DWARF_ROW_H

#include "state/eh_frame.h"
#include "state/unwind.h"

/* Always sets a row: ROW_NORMAL, ROW_END or ROW_COMPLEX. */
void dwarf_row(const struct frame_code *code, uintptr_t pc, struct unwind_row *ret_row);

/* The 16-bit code of a row (state/unwind.h). */
uint32_t unwind_row_code(const struct unwind_row *row);

#endif
