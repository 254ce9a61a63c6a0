/* What a thread that runs compiled code has of its own (struct thread.compiled). It stays with the
   struct when that is given to the next thread. */
#ifndef HOLDFAST_COMPILED_OWN_H
#define HOLDFAST_COMPILED_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "compiled/frames.h"
#include "state/vclock.h"

#define OWN_FRAMES 32768u /* touched as far as a thread's recursion goes */
#define OWN_MEMOS  2048u

struct memo {
    uint64_t key;
    uint32_t stack; /* 0: walk */
    uint32_t generation;
    context_t context; /* with the locks of the key; 0: not known */
    uint32_t reserved;
};

struct own {
    uint32_t number; /* of the thread whose fences these are */
    bool has_fence, has_pending;
    struct sync_clock fence;   /* the thread's past at its last release fence */
    struct sync_clock pending; /* what its relaxed loads have met, for its next acquire fence */
    struct memo memos[OWN_MEMOS];
    struct frame frames[OWN_FRAMES];
};

/* The calling thread's; NULL when memory is short. */
struct own *own_of(struct thread *self);

#endif
