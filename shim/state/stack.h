/*
 * Call stacks: walking them and keeping each distinct one once (state/depot.h).
 *
 * stack_here is what wrappers call; it is the hottest function of the shim. Walking is a pure
 * function of (pc, sp, bp, the words of stack memory that it reads, the unwind rows of the code),
 * so a memo per thread keeps, by (pc, sp, bp), every word that was read with its address; a hit
 * compares all of them.
 *
 * Any thread, guard entered; safe in signal handlers.
 */
#ifndef HOLDFAST_STATE_STACK_H
#define HOLDFAST_STATE_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "state/thread.h"

/* Where a walk starts. exact: pc is an instruction that was interrupted, not a return address.
   low, high: walk only inside these bounds of readable stack memory; high 0 = unknown. */
struct stack_start {
    uintptr_t pc, sp, bp;
    bool exact;
    uintptr_t low, high;
};

struct stack_frames {
    uint32_t count;
    uint16_t flags; /* enum stack_flag */
    uint64_t exact; /* bit i: frames[i] is exact (follows a signal frame) */
    uint64_t frames[STACK_FRAMES_MAX];
};

/* Stack id of the caller of the wrapper whose frame address is given (__builtin_frame_address(0) of
   a function built with a frame pointer: *frame = caller's bp, frame[1] = return address, caller's
   sp = frame + 16). 0 when it could not be kept. */
uint32_t stack_here(struct thread *self, const void *frame);

/* Stack id of another context, e.g. of a signal or of a thread that waits. */
uint32_t stack_at(struct thread *self, const struct stack_start *start);

/* The walk alone. depth: most frames, at most STACK_FRAMES_MAX. */
void stack_walk(const struct stack_start *start, uint32_t depth, struct stack_frames *ret_frames);

/* A wrapper's frame, as the start of a walk. */
struct stack_start stack_start_of(const struct thread *self, const void *frame);

/* Marks a stack (enum stack_flag). */
void stack_flag(uint32_t stack, uint16_t flag);
bool stack_has_flag(uint32_t stack, uint16_t flag);

/* Code was unmapped (dlclose) or everything starts afresh (fork): forget cached rows and memos. */
void stack_forget(void);

/* At birth: tables; libunwind is loaded (dlopen, RTLD_LOCAL) only where a row needs it. */
bool stack_start_up(void);

#endif
