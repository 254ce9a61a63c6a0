/*
 * The depot: each distinct stack once, as a row of SECTION_STACKS. Its id (byte offset / 8) is what
 * every other row refers to.
 *
 * Rows are only ever added. A private table of buckets finds them: each bucket is the id of the
 * newest row with that hash, chained by stack_row.next; a row is complete before a compare-and-swap
 * makes it the head, so readers need no lock and a killed process leaves nothing half linked.
 *
 * Epochs. A frame belongs to the module that held its address in the row's epoch. The same frames
 * in a later epoch are the same stack, unless a module that one of them lies in has gone since, and
 * has not come back.
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_DEPOT_H
#define HOLDFAST_STATE_DEPOT_H

#include "state/stack.h"

bool depot_start_up(void);

/* The stack's id, or 0 when there is no room. */
uint32_t depot_add(const struct stack_frames *frames);

/* From how many bytes of stacks on the second table is used; a test narrows it. */
extern uint64_t depot_second_from;

/* The row of an id, or NULL for 0. */
struct stack_row *depot_row(uint32_t stack);

/* In a fork's child: the frames of a stack of its parent's recording, to be added to its own. None
   for 0. */
struct recording_view;
void depot_copy(const struct recording_view *parent, uint32_t stack,
                struct stack_frames *ret_frames);

/* In a fork's child: its recording has no stacks yet. */
void depot_after_fork(void);

#endif
