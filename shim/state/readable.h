/*
 * Which words of a stack may be read: those inside its known bounds, and any other page only after
 * the kernel was asked. Used by the walks (state/walk.c, state/careful.c). Any thread; safe in
 * signal handlers.
 */
#ifndef HOLDFAST_STATE_READABLE_H
#define HOLDFAST_STATE_READABLE_H

#include "state/stack.h"

#define RED_ZONE  128u        /* bytes below sp that a leaf function uses (x86-64 psABI, 3.2.2) */
#define STEP_MOST (64u << 20) /* bytes; a frame on a stack without known bounds is not larger */

struct readable {
    uintptr_t first;     /* sp where the walk began */
    uintptr_t low, high; /* known bounds, or 0 */
    uintptr_t limit;     /* high while sp, with its red zone, is inside, else 0 */
    uintptr_t asked;     /* the page that was asked for last, and can be read */
    bool had_to_ask; /* a page other than the first sp's: may be gone when sp is the same again */
};

struct readable readable_from(const struct stack_start *start);

/* sp is on another stack now, perhaps. */
void readable_move(struct readable *memory, uintptr_t sp);

/* May the word at an address be read by a frame with this sp? */
bool readable_word(struct readable *memory, uintptr_t sp, uintptr_t at);

/* Does a CFA lie where one can: above sp, since a caller's frame is older (at sp where the return
   address has been popped already, as in vfork), and aligned? Says nothing about its words. */
bool readable_step(uintptr_t sp, uintptr_t cfa);

/* True when the eight bytes at an address can be read. One system call that has no effect. */
bool memory_is_readable(uintptr_t at);

/* The same for a range; asks nothing for what lies on the thread's own stack above the caller. self
   may be NULL. */
bool memory_range_is_readable(const struct thread *self, const void *at, size_t size);

/* The same for a list of texts up to its NULL, as of arguments. NULL is none. */
bool memory_texts_are_readable(char *const *list);

#endif
