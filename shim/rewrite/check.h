/*
 * The checks of moved code at run time: what its thunks call. Used by rewrite/ when it begins to
 * move code, and by the thunks (thunks.S).
 *
 * A thunk is called with what the access is in rewrite_slots. Its fast part (check_fast and the
 * others below) needs general registers that a call may spoil, and returns false when it cannot do
 * all: then check_slow does, with all registers. After an access is on record the cells of the
 * filter that the record covers are set, so that the next one in this epoch does not come here.
 *
 * A thread that is not observed (a fork's child before its first thread, one that nobody knows, the
 * end of the run) has slots of 0: its checks hit cells that nobody has set, others return at once.
 *
 * Each thread for itself. Signal handlers may come between any two instructions: the guard is
 * entered while something is in the making, and a thunk that finds it entered does nothing.
 */
#ifndef HOLDFAST_REWRITE_CHECK_H
#define HOLDFAST_REWRITE_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "format/rewrite.h"
#include "state/thread.h"

/* Filters, and hooks where memory changes hands and threads begin: before the first moved code
   runs, form not FORM_MOVE_ONLY. False, and said: there is no address space for filters. */
bool check_start_up(enum rewrite_form form);

/* What to fill into the slots at the start of an image's code; NULL: not used. */
extern const void *const check_thunks[THUNK_COUNT];

/* To be added to the words of PART_SLOTS: rewrite_slots from the thread pointer. */
int32_t check_slots_offset(void);

/* The calling thread runs moved code from now on. By itself for threads that begin after
   check_start_up; for the one that calls that, and for a fork's child that creates its first
   thread, when races are on (race_threads_begin). Guard entered. */
void check_thread_begin(struct thread *self);

/* In a fork's child: nothing is recorded until check_thread_begin. */
void check_after_fork(void);

/* ---- for thunks.S ---- */

/* call: where the thunk returns to; sp, bp: the program's. False: check_slow must be called. */
bool check_fast(uintptr_t call, uintptr_t sp, uintptr_t bp);
bool check_before(uintptr_t call, uintptr_t sp, uintptr_t bp);
bool check_after(uintptr_t call, uintptr_t sp, uintptr_t bp);

/* registers: as at the thunk's return, gregs of a ucontext_t. */
void check_slow(greg_t *registers, enum rewrite_thunk thunk);

extern const char thunk_check[], thunk_before[], thunk_after[], thunk_string[], thunk_range[];

#endif
