#include "rewrite/origin.h"

#include "state/depot.h"
#include "state/vector.h"

static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 32;
}

static inline struct origin_chain *chain_set(struct origins *origins, uintptr_t pc, uintptr_t sp)
{
    return &origins->chains[((pc ^ sp << 20) * 0x9e3779b97f4a7c15ull) >> 32 & (ORIGIN_CHAINS - 2)];
}

/* The hash of the frames; 0: not known. */
static __attribute__((noinline)) uint64_t chain_known(const struct thread *self,
                                                      struct origins *origins,
                                                      struct origin_site *site, uintptr_t pc,
                                                      uintptr_t sp, uintptr_t bp)
{
    const struct origin_chain *set = chain_set(origins, pc, sp);
    for (unsigned i = 0; i < 2; i++)
        if (likely(origin_chain_holds(&set[i], self, pc, sp, bp))) {
            site->chain_index = (uint32_t)(&set[i] - origins->chains);
            return set[i].hash;
        }
    return 0;
}

static inline uint32_t lockset_of(struct thread *self)
{
    return self->held.count ? held_lockset(self) : 0;
}

static inline uint64_t context_key(uintptr_t call, uint64_t chain, uint32_t lockset)
{
    return mix(mix(chain, call), lockset) | 1;
}

context_t origin_known(struct thread *self, struct origins *origins, uintptr_t call, uintptr_t sp,
                       uintptr_t bp)
{
    struct origin_site *site = origin_site_of(origins, call);
    uint32_t generation = stack_generation();
    if (unlikely(site->call != call || site->generation != generation))
        return 0;
    uintptr_t pc = site->pc;
    if (unlikely(!origin_chain_start(self, site->code, &pc, &sp, &bp)))
        return 0;
    uint32_t lockset = lockset_of(self);
    const struct origin_chain *newest = &origins->chains[site->chain_index];
    uint64_t chain;
    if (likely(origin_chain_holds(newest, self, pc, sp, bp)))
        chain = newest->hash;
    else
        chain = chain_known(self, origins, site, pc, sp, bp);
    if (unlikely(!chain))
        return 0;
    if (likely(site->chain == chain && site->lockset == lockset))
        return site->context;
    uint64_t key = context_key(call, chain, lockset);
    uint32_t index = key >> 32 & (ORIGIN_CONTEXTS - 1);
    if (origins->contexts[index].key != key || origins->contexts[index].generation != generation)
        return 0;
    site->chain = chain;
    site->lockset = lockset;
    site->context = origins->contexts[index].context;
    return site->context;
}

static uint64_t hash_of(const struct stack_frames *frames)
{
    uint64_t hash = frames->flags;
    for (uint32_t i = 0; i < frames->count; i++)
        hash = mix(hash, frames->frames[i]);
    return mix(hash, frames->exact) | 1;
}

/* Walks the chain that begins there and remembers it. 0: it cannot be remembered. */
static uint64_t chain_find(struct thread *self, struct origins *origins,
                           const struct stack_start *start)
{
    struct origin_chain *set = chain_set(origins, start->pc, start->sp);
    struct origin_chain *chain = &set[0];
    struct stack_frames frames;
    /* The older one goes; one of another generation first. */
    if (set[0].pc && set[0].generation == stack_generation())
        chain = &set[1];
    if (chain == &set[1] && set[1].pc) {
        static uint32_t turn;
        chain = &set[turn++ & 1];
    }
    chain->pc = 0; /* while it is half written: a handler may come to look at it */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    chain->generation = stack_generation();
    chain->words.count = 0;
    chain->words.bp_used = chain->words.incomplete = false;
    walk(start, self->depth < STACK_FRAMES_MAX ? self->depth : STACK_FRAMES_MAX, &frames,
         &chain->words);
    if (chain->words.incomplete)
        return 0;
    if (chain->words.count)
        walk_words_pad(&chain->words);
    chain->sp = start->sp;
    chain->bp = start->bp;
    chain->end = walk_words_end(&chain->words, start);
    chain->hash = hash_of(&frames);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    chain->pc = start->pc;
    return chain->hash;
}

OF_ANY_ALIGNMENT context_t origin_find(struct thread *self, struct origins *origins, uintptr_t call,
                                       const greg_t *registers)
{
    VECTOR_STATE_KEPT;
    uintptr_t pc = (uintptr_t)registers[REG_RIP], sp = (uintptr_t)registers[REG_RSP],
              bp = (uintptr_t)registers[REG_RBP];
    struct stack_start start = {.pc = pc,
                                .sp = sp,
                                .bp = bp,
                                .exact = true,
                                .low = self->stack_low,
                                .high = self->stack_high,
                                .registers = registers};
    uint32_t generation = stack_generation();
    context_t context = context_of(self, stack_at(self, &start));
    uint32_t code = unwind_code(pc);
    if (!origin_chain_start(self, code, &pc, &sp, &bp))
        return context;
    if (!(code & CODE_WIDE))
        start = (struct stack_start){
            .pc = pc, .sp = sp, .bp = bp, .low = self->stack_low, .high = self->stack_high};
    start.registers = NULL; /* what is remembered depends on words of the stack alone */
    uint64_t chain = chain_find(self, origins, &start);
    if (!chain || !context)
        return context;
    uint32_t lockset = lockset_of(self);
    uint64_t key = context_key(call, chain, lockset);
    uint32_t index = key >> 32 & (ORIGIN_CONTEXTS - 1);
    origins->contexts[index].key = key;
    origins->contexts[index].generation = generation;
    origins->contexts[index].context = context;
    *origin_site_of(origins, call) = (struct origin_site){.call = call,
                                                          .pc = (uintptr_t)registers[REG_RIP],
                                                          .chain = chain,
                                                          .code = code,
                                                          .generation = generation,
                                                          .lockset = lockset,
                                                          .context = context};
    return context;
}
