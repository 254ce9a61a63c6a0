/*
 * What is held and what is taken are looked up in a memo of the thread first: almost always the
 * graph has them already. It knows a use by (thread, lineage, locks held with modes, lock taken
 * with its mode); where, the first one says.
 */
#include "detect/lock_order.h"

#include "base/lock.h"
#include "base/memory.h"
#include "detect/lock_cycle.h"
#include "detect/lock_graph.h"
#include "detect/lock_order_tell.h"
#include "state/sync.h"

/* Sets of one cache line: with 64 locks held in a row, a set that is too small for its uses is one
   in a million. A thread that takes ever other pairs of locks (a table with a lock for each bucket)
   gets a larger memo, because a miss costs a look-up under the one lock that all threads share. */
#define MEMO_SETS_LEAST 64u
#define MEMO_SETS_MOST  8192u
#define MEMO_WAYS       8u

/* Findings of one search: what a hundred cycles through one use have to say, a few do. */
#define FOUND_MOST 16u

struct memo {
    uint32_t sets;               /* a power of two */
    uint32_t forgotten;          /* misses of what the graph knew, since it was made */
    uint64_t known[][MEMO_WAYS]; /* hashes of uses; each set the newest first */
};

static inline uint32_t hash_place(const struct memo *memo, uint64_t hash)
{
    return (uint32_t)(hash >> 32) & (memo->sets - 1);
}

/* The newest uses under one first lock lie in its set, so that they are found in one cache line,
   which is fetched when that lock is taken; what that set loses lies in one by its own hash. */
static inline const uint64_t *first_set(const struct memo *memo, const struct sync *first)
{
    uint32_t place = (uint32_t)((uintptr_t)first / _Alignof(struct sync));
    return memo->known[place * 2654435769u >> 16 & (memo->sets - 1)];
}

static inline bool set_has(const uint64_t *set, uint64_t hash)
{
    for (uint32_t i = 0; i < MEMO_WAYS; i++)
        if (set[i] == hash)
            return true;
    return false;
}

static inline bool memo_has(const struct memo *memo, const struct sync *first, uint64_t hash)
{
    const uint64_t *set = first_set(memo, first);
    return set_has(set, hash) ||
           (set[MEMO_WAYS - 1] && set_has(memo->known[hash_place(memo, hash)], hash));
}

/* Returns what the set loses, 0 when it had room. */
static uint64_t set_add(uint64_t *set, uint64_t hash)
{
    uint64_t oldest = set[MEMO_WAYS - 1];
    for (uint32_t i = MEMO_WAYS - 1; i > 0; i--)
        set[i] = set[i - 1];
    set[0] = hash;
    return oldest;
}

static void memo_add(struct memo *memo, const struct sync *first, uint64_t hash)
{
    uint64_t oldest = set_add((uint64_t *)first_set(memo, first), hash);
    if (oldest)
        set_add(memo->known[hash_place(memo, oldest)], oldest);
}

static size_t memo_size(uint32_t sets)
{
    return sizeof(struct memo) + sets * sizeof(((struct memo *)NULL)->known[0]);
}

/* Larger once it has forgotten as many uses as it has places. What it had is met again. */
static void memo_grow(struct thread *self)
{
    struct memo *old = self->orders;
    if (old && (++old->forgotten < old->sets * MEMO_WAYS || old->sets == MEMO_SETS_MOST))
        return;
    uint32_t sets = old ? old->sets * 4 : MEMO_SETS_LEAST;
    sets = sets < MEMO_SETS_MOST ? sets : MEMO_SETS_MOST;
    struct memo *made =
        sets > MEMO_SETS_LEAST ? pages_map(memo_size(sets)) : arena_alloc(memo_size(sets));
    if (!made)
        return;
    made->sets = sets;
    __atomic_store_n(&self->orders, made, __ATOMIC_RELAXED);
    if (old && old->sets > MEMO_SETS_LEAST)
        pages_unmap(old, memo_size(old->sets));
}

static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 32;
}

static inline uint64_t hash_of(const struct thread *self, const struct sync *lock,
                               enum held_mode mode)
{
    const struct held_set *set = &self->held;
    uint64_t hash = mix(self->lineage.now, (uint64_t)self->number << 32 | lock->id) + mode;
    for (uint32_t i = 0; i < set->count; i++)
        hash = mix(hash, (uint64_t)set->rows[i].id << 2 | set->rows[i].mode);
    return hash | 1;
}

/* The same locks, held in the same modes. */
static bool same_held(const struct use *use, const struct thread *self)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < self->held.count; i++) {
        const struct held *row = &self->held.rows[i];
        if (!held_is_so(self, row))
            continue;
        if (at == use->count || use->held[at].id != row->id || use->held[at].mode != row->mode)
            return false;
        at++;
    }
    return at == use->count;
}

enum known { NEW, SAME, NEWER };

/* Does the edge have this use? One that differs only in that the thread has created others since
   stands for both when it says the later time: it was before more, and after the same. */
static enum known known_on(const struct edge *edge, const struct thread *self, enum held_mode mode,
                           struct use **ret_use)
{
    for (uint32_t i = 0; i < edge->count; i++) {
        struct use *use = edge->uses[i];
        if (use->thread != self->number || use->mode != mode || !same_held(use, self) ||
            use->lineage.known != self->lineage.known)
            continue;
        bool same = use->lineage.now == self->lineage.now;
        use->lineage.now = self->lineage.now;
        *ret_use = use;
        return same ? SAME : NEWER;
    }
    return NEW;
}

struct found {
    const struct thread *self;
    uint32_t count;
};

static bool found(struct cycle_step *steps, uint32_t count, void *with)
{
    struct found *found = with;
    lock_order_tell(found->self, steps, count);
    return ++found->count < FOUND_MOST;
}

/* LOCK_ORDER held. Any lock held is in the graph while it is held, so nothing that is met here is
   forgotten meanwhile. Returns whether there was anything new. */
static bool add(const struct thread *self, struct sync *lock, enum held_mode mode, uint32_t stack)
{
    const struct held_set *set = &self->held;
    struct node *to = graph_node(lock);
    struct use *use = NULL, *old = NULL, *in_cycle = NULL;
    bool is_new = false;
    for (uint32_t i = 0; to && i < set->count; i++) {
        const struct held *row = &set->rows[i];
        struct node *from = held_is_so(self, row) ? graph_node(row->lock) : NULL;
        struct edge *edge = from && from != to ? graph_edge(from, to) : NULL;
        enum known known = edge ? known_on(edge, self, mode, &old) : SAME;
        if (known == NEW && !use && !(use = graph_use(self, mode, stack)))
            return true;
        if (known == NEW)
            graph_add(edge, use);
        is_new |= known != SAME;
        if (known != SAME && edge_in_cycle(edge))
            in_cycle = known == NEW ? use : old;
    }
    struct found with = {.self = self};
    if (in_cycle)
        cycle_search(in_cycle, to, found, &with);
    return is_new;
}

static __attribute__((noinline)) void add_slow(struct thread *self, struct sync *lock,
                                               enum held_mode mode, uint32_t stack, uint64_t hash)
{
    bool is_new = true;
    lock_take(LOCK_ORDER);
    if (graph_start() && !graph_is_full())
        is_new = add(self, lock, mode, stack);
    lock_give(LOCK_ORDER);
    if (!is_new || !self->orders)
        memo_grow(self);
    struct memo *memo = self->orders;
    if (memo)
        memo_add(memo, self->held.rows[0].lock, hash);
}

void lock_order_taken(struct thread *self, struct sync *lock, enum held_mode mode, bool tried,
                      uint32_t stack)
{
    /* What the first thread does before it creates another is ordered before all others. */
    if (!self->held.count || tried || !observing.locks || vclock_alone())
        return;
    const struct memo *memo = self->orders;
    uint64_t hash = hash_of(self, lock, mode);
    if (likely(memo && memo_has(memo, self->held.rows[0].lock, hash)))
        return;
    add_slow(self, lock, mode, stack, hash);
}

void lock_order_expect(const struct thread *self, const struct sync *lock)
{
    const struct memo *memo = self->orders;
    if (memo)
        __builtin_prefetch(first_set(memo, lock));
}

void lock_order_after_fork(void)
{
    graph_after_fork();
    lock_order_tell_after_fork();
}
