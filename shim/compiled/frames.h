/*
 * Where compiled code is: a shadow stack per thread, and through it the stack of an access without
 * walking. Used by the entry points of compiled code.
 *
 * The naive model: each access walks its stack. Here a memo per thread keeps the stack, and the
 * context that it makes with the locks held, by a key: these, pc and sp of the access, and a
 * running hash over all functions that have been entered and not left. A hit costs one comparison.
 * It is right because
 *   - each frame adds its return address and its sp to the hash, and a frame that is on the stack
 * is never missing from it: a longjmp leaves frames too many (until a later entry has a higher sp),
 *     never too few, and a stack with the right frames and some too many has one hash only;
 *   - code on other stacks (coroutines, alternate signal stacks) is known by its sp: it changes
 * nothing here, and its accesses are walked;
 *   - a stack with frames between those of compiled code (a callback of qsort) is marked, and
 * walked each time: those frames are in no hash.
 *
 * Only the thread itself. A signal handler may run between any two instructions here: it pushes
 * above, and pops what it pushed.
 */
#ifndef HOLDFAST_COMPILED_FRAMES_H
#define HOLDFAST_COMPILED_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/race.h"
#include "state/thread.h"

struct frame {
    uintptr_t sp, pc; /* where __tsan_func_entry was called, the function's return address */
    uint64_t hash;    /* of this frame and all below */
};

struct own;

/* All zero until the thread's first entry with races on: no sp is in [0, 0). */
struct frames {
    struct frame *top;   /* newest; base when there is none */
    uintptr_t low, size; /* the thread's own stack */
    struct frame *base;  /* a frame that never leaves, sp UINTPTR_MAX */
    struct frame *end;   /* last that may be used */
    struct own *own;     /* whose part base is; in a fork's child the parent's, copied */
};
extern __thread struct frames frames __attribute__((visibility("hidden")));

static inline uintptr_t stack_pointer(void)
{
    uintptr_t sp;
    __asm__ volatile("mov %%rsp, %0" : "=r"(sp));
    return sp;
}

/* origin.stack and origin.context of compiled accesses: frame is of the function that the program
   called. */
uint32_t frames_stack(struct thread *self, const struct origin *origin);
context_t frames_context(struct thread *self, const struct origin *origin);

/* The number of frames, for __tsan_testonly_shadow_stack_current_size. */
unsigned long frames_count(void);

/* The origin of an access, in a function that the program called (or one that was jumped to from
   there with the stack as it was). */
#define ORIGIN_COMPILED                                                                            \
    (&(const struct origin){.stack = frames_stack,                                                 \
                            .context = frames_context,                                             \
                            .frame = __builtin_frame_address(0),                                   \
                            .pc = (uintptr_t)__builtin_return_address(0)})

#endif
