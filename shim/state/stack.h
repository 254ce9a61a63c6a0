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
   low, high: bounds of readable stack memory; where sp is not between them (or both are 0), every
   page is asked for before it is read, which costs a system call each. */
struct stack_start {
    uintptr_t pc, sp, bp;
    bool exact;
    uintptr_t low, high;
    /* All registers at pc, as uc_mcontext.gregs has them, or NULL. With them a walk can begin at
       any instruction, e.g. where a function has its frame in another register for a moment. */
    const void *registers;
};

struct stack_frames {
    uint32_t count;
    uint16_t flags; /* enum stack_flag */
    uint32_t epoch; /* module_epoch when the walk began */
    uint64_t exact; /* bit i: frames[i] is exact (the first of a context, follows a signal frame) */
    uint64_t frames[STACK_FRAMES_MAX];
};

/* Stack id of the caller of the wrapper whose frame address is given (__builtin_frame_address(0) of
   a function built with a frame pointer: *frame = caller's bp, frame[1] = return address, caller's
   sp = frame + 16). 0 when it could not be kept. */
uint32_t stack_here(struct thread *self, const void *frame);

/* The frame of stack memory that holds address, of the caller or one of its callers, by a wrapper's
   frame: where its return address lies, and what that is. Left alone when it cannot be found. */
void stack_frame_around(struct thread *self, const void *frame, uintptr_t address,
                        uintptr_t *ret_slot, uintptr_t *ret_pc);

/* The same, walked only once between the guard's entering and leaving by a wrapper that asks for
   it: it sets self->stack_frame to its frame and clears it again. */
static inline uint32_t stack_once(struct thread *self, const void *frame)
{
    if (self->stack_frame != frame)
        return stack_here(self, frame);
    if (!self->stack_known)
        self->stack_known = stack_here(self, frame);
    return self->stack_known;
}

/* Stack id of another context, e.g. of a signal or of a thread that waits. */
uint32_t stack_at(struct thread *self, const struct stack_start *start);

/* The walk alone. depth: most frames, at most STACK_FRAMES_MAX. */
void stack_walk(const struct stack_start *start, uint32_t depth, struct stack_frames *ret_frames);

/* A wrapper's frame, as the start of a walk. */
struct stack_start stack_start_of(const struct thread *self, const void *frame);

/* A signal handler's ucontext_t, as the start of a walk. self: the thread that it interrupted, for
   its bounds; NULL = unknown. */
struct stack_start stack_start_of_context(const struct thread *self, const void *context);

/* Marks a stack (enum stack_flag; state/depot.c). */
void stack_flag(uint32_t stack, uint16_t flag);
bool stack_has_flag(uint32_t stack, uint16_t flag);

/* Code was unmapped (dlclose) or everything starts afresh (fork): forget cached rows and memos. */
void stack_forget(void);

/* Counts those: what was learnt of stacks under another number may be untrue. */
extern uint32_t stack_generations __attribute__((visibility("hidden")));
static inline uint32_t stack_generation(void)
{
    return __atomic_load_n(&stack_generations, __ATOMIC_ACQUIRE);
}

/* At birth: tables. */
bool stack_start_up(void);

/* In a fork's child, before its first stack. */
void stack_after_fork(void);

/* A place where dlopen may be called (no lock held, not in a signal handler, not inside malloc):
   loads libunwind when a walk has asked for it. Called by wrappers of rare calls, guard entered. */
void stack_safe_point(void);

#endif
