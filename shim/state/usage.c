#include "state/usage.h"

#include "base/memory.h"
#include "base/word_lock.h"
#include "state/held.h"
#include "state/stack.h"

#define BUCKETS 1024u
#define FEW     3u
#define MOST    4096u /* shared uses of one thing; past it the oldest goes */

/* What is only read here lives as long as the process; things that were forgotten are used again.
 */
struct thing {
    struct thing *next; /* same bucket */
    uintptr_t key;      /* 0 = forgotten */
    uint32_t kind;
    uint32_t count, room;
    struct usage exclusive;
    struct usage *shared; /* few, or memory of its own */
    struct usage few[FEW];
};

/* lock protects all things of the bucket. */
static struct bucket {
    uint32_t lock;
    struct thing *first;
} buckets[BUCKETS];

static struct bucket *bucket_take(enum usage_kind kind, uintptr_t key)
{
    uint64_t hash = (key ^ (uint64_t)kind << 48) * 0x9e3779b97f4a7c15ull;
    struct bucket *bucket = &buckets[hash >> 54];
    static_assert(BUCKETS == 1u << (64 - 54), "all bits of the hash");
    word_lock_take(&bucket->lock);
    return bucket;
}

static struct thing *find(const struct bucket *bucket, enum usage_kind kind, uintptr_t key)
{
    struct thing *thing = bucket->first;
    while (thing && (thing->key != key || thing->kind != kind))
        thing = thing->next;
    return thing;
}

static struct thing *get(struct bucket *bucket, enum usage_kind kind, uintptr_t key)
{
    struct thing *thing = find(bucket, kind, key);
    if (likely(thing))
        return thing;
    for (thing = bucket->first; thing && thing->key;)
        thing = thing->next;
    if (!thing) {
        thing = arena_alloc(sizeof *thing);
        if (!thing)
            return NULL;
        thing->shared = thing->few;
        thing->room = FEW;
        thing->next = bucket->first;
        bucket->first = thing;
    }
    thing->count = 0;
    thing->exclusive = (struct usage){0};
    thing->kind = kind;
    thing->key = key;
    return thing;
}

static void make_room(struct thing *thing)
{
    uint32_t room = thing->room * 4;
    struct usage *shared = room <= MOST ? arena_alloc(room * sizeof *shared) : NULL;
    if (!shared) {
        for (uint32_t i = 1; i < thing->count; i++)
            thing->shared[i - 1] = thing->shared[i];
        thing->count--;
        return;
    }
    for (uint32_t i = 0; i < thing->count; i++)
        shared[i] = thing->shared[i];
    thing->shared = shared;
    thing->room = room;
}

/* Where a shared use of this thread is kept: in place of its older one, or of one that is ordered
   before this (who conflicts with that one conflicts with this one too). */
static struct usage *shared_slot(struct thread *self, struct thing *thing)
{
    for (uint32_t i = 0; i < thing->count; i++)
        if (vclock_knows(&self->clock, thing->shared[i].stamp))
            return &thing->shared[i];
    if (thing->count == thing->room)
        make_room(thing);
    return &thing->shared[thing->count++];
}

static bool conflicts(struct thread *self, const struct usage *usage)
{
    return usage->stamp && !vclock_knows(&self->clock, usage->stamp);
}

static bool find_conflict(struct thread *self, const struct thing *thing, bool exclusive,
                          struct usage_conflict *ret_conflict)
{
    if (unlikely(conflicts(self, &thing->exclusive))) {
        ret_conflict->earlier = thing->exclusive;
        ret_conflict->earlier_exclusive = true;
        return true;
    }
    for (uint32_t i = 0; exclusive && i < thing->count; i++)
        if (unlikely(conflicts(self, &thing->shared[i]))) {
            ret_conflict->earlier = thing->shared[i];
            ret_conflict->earlier_exclusive = false;
            return true;
        }
    return false;
}

/* Was this very use noted in this epoch? Then nothing is new: whoever conflicts with it has met
   what is kept. */
static bool is_known(const struct thread *self, const struct thing *thing, bool exclusive)
{
    stamp_t now = self->clock.now & STAMP_MASK;
    if (exclusive)
        return thing->exclusive.stamp == now && !thing->count;
    for (uint32_t i = 0; i < thing->count; i++)
        if (thing->shared[i].stamp == now)
            return true;
    return false;
}

static bool note(struct thread *self, struct thing *thing, bool exclusive, const struct usage *here,
                 struct usage_conflict *ret_conflict)
{
    bool found = find_conflict(self, thing, exclusive, ret_conflict);
    if (exclusive) {
        thing->exclusive = *here;
        thing->count = 0;
    } else {
        *shared_slot(self, thing) = *here;
    }
    return found;
}

/* The stack is walked without the lock, under which nothing else is taken. */
bool usage_note(struct thread *self, enum usage_kind kind, uintptr_t key, bool exclusive,
                const char *called, const void *frame, struct usage_conflict *ret_conflict)
{
    struct bucket *bucket = bucket_take(kind, key);
    struct thing *thing = get(bucket, kind, key);
    bool known = !thing || is_known(self, thing, exclusive), found = false;
    word_lock_give(&bucket->lock);
    if (known)
        return false;
    ret_conflict->here = (struct usage){.stamp = self->clock.now & STAMP_MASK,
                                        .called = called,
                                        .thread = self->number,
                                        .context = context_of(self, stack_here(self, frame))};
    bucket_take(kind, key);
    thing = get(bucket, kind, key);
    if (thing)
        found = note(self, thing, exclusive, &ret_conflict->here, ret_conflict);
    word_lock_give(&bucket->lock);
    return found;
}

void usage_forget(enum usage_kind kind, uintptr_t key)
{
    struct bucket *bucket = bucket_take(kind, key);
    struct thing *thing = find(bucket, kind, key);
    if (thing)
        thing->key = 0;
    word_lock_give(&bucket->lock);
}

void usage_after_fork(void)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        buckets[i].lock = 0;
        for (struct thing *thing = buckets[i].first; thing; thing = thing->next)
            thing->key = 0;
    }
}
