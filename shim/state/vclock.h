/*
 * Happens-before: what each thread knows of the others' past, and how that knowledge passes through
 * synchronisation objects. Used by every wrapper that makes an edge, by the race engine and by the
 * lock graph. Never judges.
 *
 * The naive model: each thread has a vector of epochs, one per thread; a release copies the vector
 * into the object and begins a new epoch, an acquire takes the maximum of both. Here
 *   - a stamp names one epoch of one thread: slot (13 bits) and epoch (39 bits) in one word;
 *   - vectors (struct vclock) are counted references, copied only when one who shares it must
 * change it, so that a release costs one word and no vector, however many threads live;
 *   - an acquire first asks whether the releaser's stamp is known already: then all that the
 * releaser knew is known too, and nothing is copied. This holds because each release begins a new
 * epoch. tests/unit/test_vclock.c compares both.
 *
 * Slots are given to threads and used again. A thread's slot is free once its end is known to the
 * thread that creates the next one, which has joined it or learnt of it from who did: then all that
 * the slot ever did is ordered before its new owner. Only when SLOTS_WAITING slots of ended threads
 * wait for that is the oldest taken all the same, as if its end were known (counted in
 * vclock_forced, and the recording says so).
 *
 * Threads: a thread_clock belongs to its thread alone; a sync_clock has a lock of its own. Guard
 * entered, or birth.
 */
#ifndef HOLDFAST_STATE_VCLOCK_H
#define HOLDFAST_STATE_VCLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* 0 = nobody: known to everybody. Shadow cells use the low bits for themselves. */
typedef uint64_t stamp_t;
#define STAMP_SLOT_SHIFT  51
#define STAMP_EPOCH_SHIFT 12
#define STAMP_EPOCH       (1ull << STAMP_EPOCH_SHIFT)
#define STAMP_MASK        (~(STAMP_EPOCH - 1))
#define SLOT_COUNT        8192u
#define SLOTS_WAITING     1024u

/* stamp[i] = the newest stamp of slot i that is known, 0 none. Immutable while references > 1. */
struct vclock {
    uint32_t references; /* atomic */
    uint32_t count, room;
    bool inside;         /* of an object: vclock_release_inside() */
    struct vclock *next; /* in a free list */
    stamp_t stamp[];
};

/* Room for a vector inside of an object: all zero, then vclock_inside_set_up(). */
#define VCLOCK_INSIDE 11u
struct vclock_inside {
    uint64_t words[sizeof(struct vclock) / sizeof(uint64_t) + VCLOCK_INSIDE];
};
void vclock_inside_set_up(void *at, uint32_t room);

/* A thread's present epoch and what it knows of others (its own slot's entry is older than now). */
struct thread_clock {
    stamp_t now;
    struct vclock *known; /* may be NULL: nothing */
    struct vclock *spare; /* given up by this thread, for its next copy */
};

/* What an object has been given by releases. All zero = nothing. Belongs to world: after a fork
   what lies in memory of before is nothing too. */
struct sync_clock {
    uint32_t lock;
    uint32_t world;
    stamp_t stamp; /* of the only releaser; 0 when several were joined into known */
    struct vclock *known;
};

static inline uint32_t stamp_slot(stamp_t stamp)
{
    return (uint32_t)(stamp >> STAMP_SLOT_SHIFT);
}

/* Does the thread know of this epoch: is what was done in it ordered before now? */
static inline bool vclock_knows(const struct thread_clock *clock, stamp_t stamp)
{
    uint32_t slot = stamp_slot(stamp);
    if (slot == stamp_slot(clock->now))
        return true;
    const struct vclock *known = clock->known;
    return (known && slot < known->count && known->stamp[slot] >= (stamp & STAMP_MASK)) ||
           (stamp & STAMP_MASK) == 0;
}

/* object := the thread's past; the thread begins a new epoch. For objects whose releaser has
   acquired them before (exclusive locks). */
void vclock_release(struct thread_clock *clock, struct sync_clock *object);

/* The same for an object that only the caller can acquire or release meanwhile, because it holds
   it. What it knows goes into the object's own vector where that has room: no locked instruction,
   and no line that other threads write. Who calls it without holding the object spoils what that
   object passes on, and nothing else: such a vector belongs to one object as long as there is
   memory. */
void vclock_release_inside(struct thread_clock *clock, struct sync_clock *object,
                           struct vclock *inside);

/* object := object and the thread's past. */
void vclock_release_join(struct thread_clock *clock, struct sync_clock *object);

/* The thread's past := its past and the object's. */
void vclock_acquire(struct thread_clock *clock, struct sync_clock *object);

/* An atomic read-modify-write: acquire and release in one step. keeps_tags: filters of accesses
   (rewrite/filter.h) still hit what was recorded before; what is recorded from now on is of the new
   epoch all the same. */
void vclock_modify(struct thread_clock *clock, struct sync_clock *object, bool keeps_tags);

/* For the C11 model: to := from; to := to and from; without any thread. */
void vclock_copy(struct sync_clock *to, struct sync_clock *from);
void vclock_join(struct sync_clock *to, struct sync_clock *from);

/* What the thread of the stamp knows by now and its past up to the stamp, read while it goes on.
   Vectors are never given back and their entries only grow, so at worst this is more than it knew
   then. vclock_let_go() when done; NULL when memory is short. */
struct vclock *vclock_seen(stamp_t stamp);
bool vclock_has(const struct vclock *known, stamp_t stamp);

/* object := object and the past of another thread up to this stamp: it turns out that it released
   there. The edge says more than there was, if anything (vclock_seen). */
void vclock_release_for(stamp_t stamp, struct sync_clock *object);

/* Forgets what the object was given. */
void vclock_clear(struct sync_clock *object);
bool vclock_is_clear(const struct sync_clock *object);

/* A new epoch without a release: what follows can be told from what was. */
void vclock_advance(struct thread_clock *clock);

/* A slot for a new thread with this number. The clocks are given by kind: each thread has several
   (state/thread.h) that differ in which edges they see. Returns false when no slot is free.
   creator may be NULL; made_known says nothing of threads that creator does not know. */
struct thread;
bool vclock_thread_create(struct thread *made, struct thread *creator);

/* made was created by somebody unknown: what all others did so far is taken for known, because what
   ordered it nobody saw. */
void vclock_thread_adopted(struct thread *made);

/* after is the same thread as before, which was known by another struct until now. */
void vclock_thread_renamed(struct thread *after, struct thread *before);

/* The kernel has no such thread any more: keeps its last clocks for who joins it. Idempotent. */
void vclock_thread_gone(struct thread *gone);

/* self has joined the thread with this number. */
void vclock_thread_joined(struct thread *self, uint32_t number);

/* Does every thread that lives know of this epoch, and so every one that will ever be created? True
   says so; false says nothing. Threads that nobody created (adopted ones) do not count. */
bool vclock_is_settled(stamp_t stamp);

/* Thread number of whoever had the stamp's slot in that epoch; 0 unknown. */
uint32_t vclock_thread_of(stamp_t stamp);

/* The present epochs of other threads that know of this one, at most room of them: their count. A
   look while they go on. */
uint32_t vclock_knowing(stamp_t stamp, stamp_t *ret, uint32_t room);

/* The thread that has the stamp's slot now; NULL: none. A hint. */
struct thread *vclock_owner_of(stamp_t stamp);

/* Slots that were ever given out, with slot 0. While there is but one thread's, nobody can tell
   what it released from what it did before it created the second. */
extern uint32_t vclock_slots_used;
static inline bool vclock_alone(void)
{
    return __atomic_load_n(&vclock_slots_used, __ATOMIC_RELAXED) <= 2;
}

/* How many slots were taken although their end was not known to the creator. Atomic. */
extern uint64_t vclock_forced;

/* Bytes of vectors in use and in free lists. Atomic. */
extern uint64_t vclock_bytes;

/* What the thread of this clock knows now, for who must remember it; may be NULL. Whoever has kept
   it lets it go. */
struct vclock *vclock_keep(const struct thread_clock *clock);
void vclock_let_go(struct vclock *known);

/* In a fork's child: only the caller is left and everything before is ordered. */
void vclock_after_fork(void);
extern uint32_t vclock_world;

/* How many epochs a slot has: 2^39. A test narrows it, so that threads move to other slots. */
extern uint64_t vclock_epochs;

#endif
