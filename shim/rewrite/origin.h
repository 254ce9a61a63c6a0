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

static inline struct origin_site *origin_site_of(struct origins *origins, uintptr_t call)
{
    return &origins->sites[(call * 0x9e3779b97f4a7c15ull) >> 32 & (ORIGIN_SITES - 1)];
}

/* The start of the chain of an access at (pc, sp, bp), by the row of pc. False: it must be walked
   with more than this. */
static inline bool origin_chain_start(const struct thread *self, uint32_t code, uintptr_t *pc,
                                      uintptr_t *sp, uintptr_t *bp)
{
    if (unlikely(code & CODE_WIDE))
        return true;
    uintptr_t cfa = (code & CODE_BASE_BP ? *bp : *sp) + CODE_OFFSET(code);
    if (unlikely(cfa - 8 < *sp || cfa > self->stack_high || *sp < self->stack_low || cfa % 8))
        return false;
    if (CODE_SLOT(code))
        *bp = *(const uintptr_t *)(cfa - 8u * CODE_SLOT(code));
    *pc = *(const uintptr_t *)(cfa - 8);
    *sp = cfa;
    return true;
}

static inline __attribute__((always_inline)) bool
origin_chain_holds(const struct origin_chain *chain, const struct thread *self, uintptr_t pc,
                   uintptr_t sp, uintptr_t bp)
{
    return chain->pc == pc && chain->sp == sp && chain->generation == stack_generation() &&
           likely(chain->end <= self->stack_high) && likely(!chain->end || sp >= self->stack_low) &&
           (!chain->words.bp_used || chain->bp == bp) && walk_words_same(&chain->words, sp);
}

/* The same when it is what this site had last; else 0. */
static inline __attribute__((always_inline)) context_t origin_again(const struct thread *self,
                                                                    struct origins *origins,
                                                                    uintptr_t call, uintptr_t sp,
                                                                    uintptr_t bp)
{
    const struct origin_site *site = origin_site_of(origins, call);
    const struct origin_chain *chain = &origins->chains[site->chain_index];
    uint32_t lockset = self->held.count ? self->held.lockset : 0;
    uintptr_t pc = site->pc;
    if (unlikely(site->call != call) || unlikely(site->generation != stack_generation()) ||
        unlikely(site->lockset != lockset) || unlikely(site->chain != chain->hash) ||
        unlikely(!origin_chain_start(self, site->code, &pc, &sp, &bp)) ||
        unlikely(!origin_chain_holds(chain, self, pc, sp, bp)))
        return 0;
    return site->context;
}

/* The same by a walk, which is remembered. registers: the program's (gregs of a ucontext_t). */
context_t origin_find(struct thread *self, struct origins *origins, uintptr_t call,
                      const greg_t *registers);

#endif
