/*
 * The walk with all registers: for stacks on which a frame is found through a register other than
 * rsp and rbp (the loader's lazy binding keeps its frame in rbx), or one that needs computing. It
 * runs the instructions of every frame anew, so it costs a few hundred nanoseconds each.
 *
 * Used by state/walk.c. Any thread; safe in signal handlers.
 */
#ifndef HOLDFAST_STATE_CAREFUL_H
#define HOLDFAST_STATE_CAREFUL_H

#include "state/stack.h"

/* Makes the whole walk again. Without start->registers it begins at its own frame, so the start
   must be a caller's. Returns false, with frames untouched, where it gets no further than they are.
   ret_complex: the reason was a frame that it cannot express either. */
bool careful_walk(const struct stack_start *start, uint32_t depth, struct stack_frames *frames,
                  bool *ret_complex);

/* Where uc_mcontext.gregs keeps each DWARF register. */
extern const uint8_t context_slot[];

#endif
