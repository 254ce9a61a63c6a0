/*
 * Where an access of moved code was made: its stack, and the locks that are held, as a context.
 *
 * The naive model: walk the stack from the program's registers, at each access that is recorded.
 * Here a walk is remembered in two parts. The access's own frame is found by the row of its pc
 * (state/unwind.h), which is the same at each call of its thunk; the frames above it by what the
 * walk from its caller on read: return address, CFA, and every word with its address. A hit
 * compares all of these words, so it says what a walk would say. Stack and locks together then lead
 * to the context.
 *
 * Only the thread itself, guard entered.
 */
#ifndef HOLDFAST_REWRITE_ORIGIN_H
#define HOLDFAST_REWRITE_ORIGIN_H

#include <ucontext.h>

#include "state/walk.h"

#define ORIGIN_SITES    2048u
#define ORIGIN_CHAINS   256u /* in sets of two */
#define ORIGIN_CONTEXTS 4096u

struct origin_site {
    uintptr_t call; /* where the thunk returns to: one for each site; 0 = empty */
    uintptr_t pc;   /* the program's */
    uint64_t chain;
    uint32_t code; /* of the row of pc */
    uint32_t generation;
    uint32_t lockset;
    context_t context;    /* with this chain and lockset */
    uint32_t chain_index; /* where that chain was met */
};

/* The frames from (pc, sp, bp) on; pc is the caller's, or where its row is none to be used here the
   access's own. */
struct origin_chain {
    uintptr_t pc, sp, bp, end;
    uint64_t hash; /* of the frames */
    uint32_t generation;
    struct walk_words words;
};

struct origins {
    struct origin_site sites[ORIGIN_SITES];
    struct origin_chain chains[ORIGIN_CHAINS];
    struct {
        uint64_t key;
        uint32_t generation;
        context_t context;
    } contexts[ORIGIN_CONTEXTS];
};

/* The context of an access whose thunk returns to call, with the program's stack pointer and rbp;
   0: it must be found first. Reads nothing but the stack. */
context_t origin_known(struct thread *self, struct origins *origins, uintptr_t call, uintptr_t sp,
                       uintptr_t bp);

/* The same by a walk, which is remembered. registers: the program's (gregs of a ucontext_t). */
context_t origin_find(struct thread *self, struct origins *origins, uintptr_t call,
                      const greg_t *registers);

#endif
