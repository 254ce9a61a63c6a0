#include "state/vclock.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/word_lock.h"
#include "format/recording.h"
#include "state/slots.h"
#include "state/thread.h"

uint32_t vclock_world = 1;
uint64_t vclock_forced, vclock_bytes;
uint64_t vclock_epochs = 1ull << 39;

/* One time that a slot was given to a thread. */
struct tenure {
    stamp_t first;
    uint32_t thread; /* number */
    struct tenure *older;
};

static struct slot {
    struct tenure *newest;            /* atomic head: readers need no lock */
    struct thread *owner;             /* NULL once its struct is gone */
    stamp_t lent;                     /* see lend(); atomic */
    struct sync_clock clock, lineage; /* its last ones */
    bool lives;                       /* its newest thread was neither joined nor seen gone */
} slots[SLOT_COUNT];                  /* LOCK_SLOTS */
uint32_t vclock_slots_used = 1;       /* slot 0 is nobody's */

/* What the only living thread knew when it created another: whoever lives since descends from it.
   Written under LOCK_SLOTS by that thread, when nobody else can read it. */
static struct thread_clock settled;
static uint32_t living; /* slots that live; LOCK_SLOTS */

/* Slots whose owners are gone, oldest first. */
static uint16_t gone_slots[SLOT_COUNT];
static uint32_t gone_first, gone_count;

/* Free vectors by size class; a vector of class c has room for 8 << c stamps. */
#define CLASSES 11u
static struct vclock *free_vectors[CLASSES]; /* LOCK_SLOTS */

static uint32_t class_of(uint32_t count)
{
    uint32_t class = 0;
    while ((8u << class) < count)
        class ++;
    return class;
}

static struct vclock *vector_make(struct thread_clock *clock, uint32_t count)
{
    struct vclock *vector = clock ? clock->spare : NULL;
    if (vector && vector->room >= count) {
        clock->spare = NULL;
    } else {
        uint32_t class = class_of(count);
        lock_take(LOCK_SLOTS);
        vector = free_vectors[class];
        if (vector)
            free_vectors[class] = vector->next;
        lock_give(LOCK_SLOTS);
        if (!vector) {
            size_t size = sizeof *vector + (8ull << class) * sizeof vector->stamp[0];
            vector = arena_alloc(size);
            if (!vector)
                return NULL;
            vector->room = 8u << class;
            __atomic_fetch_add(&vclock_bytes, size, __ATOMIC_RELAXED);
        }
    }
    vector->references = 1;
    vector->count = count;
    return vector;
}

/* References that nobody counts: who wants to change it makes a copy, as of any that is shared. */
void vclock_inside_set_up(void *at, uint32_t room)
{
    struct vclock *inside = at;
    inside->references = 2;
    inside->room = room;
    inside->inside = true;
}

static void vector_drop(struct thread_clock *clock, struct vclock *vector)
{
    if (!vector || vector->inside ||
        __atomic_sub_fetch(&vector->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (clock && (!clock->spare || clock->spare->room < vector->room)) {
        struct vclock *spare = clock->spare;
        clock->spare = vector;
        vector = spare;
        if (!vector)
            return;
    }
    uint32_t class = class_of(vector->room);
    lock_take(LOCK_SLOTS);
    vector->next = free_vectors[class];
    free_vectors[class] = vector;
    lock_give(LOCK_SLOTS);
}

/* Returns how many were copied: never more than to has room for, whoever is at work on from. */
static inline uint32_t vector_copy(struct vclock *to, const struct vclock *from)
{
    uint32_t count = __atomic_load_n(&from->count, __ATOMIC_RELAXED);
    count = count < to->room ? count : to->room;
    for (uint32_t i = 0; i < count; i++)
        to->stamp[i] = from->stamp[i];
    return count;
}

/* An object's own is not shared but copied; NULL when memory is short for that. */
static struct vclock *vector_share(struct vclock *vector)
{
    if (!vector)
        return NULL;
    if (unlikely(vector->inside)) {
        struct vclock *made = vector_make(NULL, vector->room);
        if (made)
            made->count = vector_copy(made, vector);
        return made;
    }
    __atomic_fetch_add(&vector->references, 1, __ATOMIC_RELAXED);
    return vector;
}

struct vclock *vclock_keep(const struct thread_clock *clock)
{
    return vector_share(clock->known);
}

void vclock_let_go(struct vclock *known)
{
    vector_drop(NULL, known);
}

/* *at becomes a vector of its own with at least count entries. On failure *at stays. */
static bool vector_own(struct thread_clock *clock, struct vclock **at, uint32_t count)
{
    struct vclock *old = *at;
    uint32_t had = old ? old->count : 0;
    if (count < had)
        count = had;
    /* Only we can make more references of it, so one that is ours alone stays so. */
    if (old && old->room >= count && __atomic_load_n(&old->references, __ATOMIC_ACQUIRE) == 1) {
        for (uint32_t i = had; i < count; i++)
            old->stamp[i] = 0;
        old->count = count;
        return true;
    }
    struct vclock *made = vector_make(clock, count);
    if (!made)
        return false;
    for (uint32_t i = 0; i < had; i++)
        made->stamp[i] = old->stamp[i];
    for (uint32_t i = had; i < count; i++)
        made->stamp[i] = 0;
    *at = made;
    vector_drop(clock, old);
    return true;
}

/* to's entry for the stamp's slot becomes at least stamp; to is owned and long enough. */
static void vector_raise(struct vclock *to, stamp_t stamp)
{
    stamp_t *at = &to->stamp[stamp_slot(stamp)];
    if (*at < (stamp & STAMP_MASK))
        *at = stamp & STAMP_MASK;
}

/* *to := *to, known, and stamp (0 = none). */
static void vector_join(struct thread_clock *clock, struct vclock **to, const struct vclock *known,
                        stamp_t stamp)
{
    uint32_t theirs = known ? __atomic_load_n(&known->count, __ATOMIC_RELAXED) : 0, count = theirs;
    if (stamp && stamp_slot(stamp) >= count)
        count = stamp_slot(stamp) + 1;
    if (known == *to)
        theirs = 0;
    if (!count || !vector_own(clock, to, count))
        return;
    stamp_t *mine = (*to)->stamp;
    for (uint32_t i = 0; i < theirs; i++)
        mine[i] = mine[i] < known->stamp[i] ? known->stamp[i] : mine[i];
    if (stamp)
        vector_raise(*to, stamp);
}

/* What lies in an object from before a fork is nothing: its vector belongs to the other world, and
   so does whoever held its lock. */
static __attribute__((noinline)) void enter_world(struct sync_clock *object)
{
    lock_take(LOCK_SLOTS);
    if (object->world != vclock_world) {
        object->known = NULL;
        object->stamp = 0;
        __atomic_store_n(&object->lock, 0, __ATOMIC_RELAXED);
        /* Publishes the three. Pairs with the acquire in object_take(). */
        __atomic_store_n(&object->world, vclock_world, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_SLOTS);
}

static inline void object_take(struct sync_clock *object)
{
    if (unlikely(__atomic_load_n(&object->world, __ATOMIC_ACQUIRE) != vclock_world))
        enter_world(object);
    word_lock_take(&object->lock);
}

static void vclock_move(struct thread_clock *clock);

/* The tags of filters stay. */
static inline void advance_alone(struct thread_clock *clock)
{
    clock->now += STAMP_EPOCH;
    uint64_t epoch = clock->now << (64 - STAMP_SLOT_SHIFT) >> (64 - STAMP_SLOT_SHIFT + 12);
    if (unlikely(epoch + 1 >= vclock_epochs))
        vclock_move(clock);
}

static inline void advance(struct thread_clock *clock)
{
    slots_stale();
    advance_alone(clock);
}

void vclock_advance(struct thread_clock *clock)
{
    advance(clock);
}

/* An epoch becomes known to others while its thread is still in it. Who knows it counts on knowing
   all that its thread knew: so once the thread learns more it begins another (learnt), before that
   can be released under the same stamp. Who lends reads what the thread knows after this. */
static void lend(stamp_t stamp)
{
    stamp_t *lent = &slots[stamp_slot(stamp)].lent, was = __atomic_load_n(lent, __ATOMIC_RELAXED);
    stamp &= STAMP_MASK;
    while (was < stamp && !__atomic_compare_exchange_n(lent, &was, stamp, true, __ATOMIC_SEQ_CST,
                                                       __ATOMIC_RELAXED))
        ;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The thread knows more than before: either who lends sees that, or we see that he does. */
static inline void learnt(struct thread_clock *clock)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (unlikely(__atomic_load_n(&slots[stamp_slot(clock->now)].lent, __ATOMIC_RELAXED) ==
                 clock->now))
        advance(clock);
}

/* A lock that one thread takes again and again needs neither its vector nor its word lock: only the
   stamp is new. Another releaser at the same time would be a misuse of the lock; it costs edges of
   that lock, nothing else. */
static inline bool release_again(struct thread_clock *clock, struct sync_clock *object)
{
    if (object->world != vclock_world ||
        __atomic_load_n(&object->known, __ATOMIC_RELAXED) != clock->known)
        return false;
    __atomic_store_n(&object->stamp, clock->now, __ATOMIC_RELAXED);
    return true;
}

/* Locked object. Few stamps are copied into the vector of an object that is given other ones each
   time: a shared vector costs two locked instructions on a line that all its sharers write, and the
   next acquire a copy all the same. False: it is not done. */
#ifndef COPIED_MOST /* tests/engine, where threads know of hundreds, goes both ways */
#define COPIED_MOST 16u
#endif
static inline bool release_few(struct thread_clock *clock, struct sync_clock *object)
{
    const struct vclock *from = clock->known;
    struct vclock *to = object->known;
    if (!from || !to || from->count > COPIED_MOST)
        return false;
    /* As in vector_own(). */
    if (to->room < from->count || __atomic_load_n(&to->references, __ATOMIC_ACQUIRE) != 1) {
        struct vclock *made = vector_make(clock, from->count);
        if (!made)
            return false;
        object->known = made;
        vector_drop(clock, to);
        to = made;
    }
    to->count = from->count;
    for (uint32_t i = 0; i < from->count; i++)
        to->stamp[i] = from->stamp[i];
    return true;
}

void vclock_release(struct thread_clock *clock, struct sync_clock *object)
{
    if (likely(release_again(clock, object))) {
        advance(clock);
        return;
    }
    struct vclock *old = NULL;
    object_take(object);
    if (!release_few(clock, object) && object->known != clock->known) {
        old = object->known;
        object->known = vector_share(clock->known);
    }
    object->stamp = clock->now;
    word_lock_give(&object->lock);
    vector_drop(clock, old);
    advance(clock);
}

static __attribute__((noinline)) void
release_outside(struct thread_clock *clock, struct sync_clock *object, struct vclock *inside)
{
    const struct vclock *from = clock->known;
    if (!from || from->count > inside->room) {
        vclock_release(clock, object);
        return;
    }
    object_take(object);
    struct vclock *old = object->known;
    inside->count = vector_copy(inside, from);
    __atomic_store_n(&object->known, inside, __ATOMIC_RELAXED);
    __atomic_store_n(&object->stamp, clock->now, __ATOMIC_RELAXED);
    word_lock_give(&object->lock);
    vector_drop(clock, old);
    advance(clock);
}

void vclock_release_inside(struct thread_clock *clock, struct sync_clock *object,
                           struct vclock *inside)
{
    const struct vclock *from = clock->known;
    if (unlikely(object->world != vclock_world ||
                 __atomic_load_n(&object->known, __ATOMIC_RELAXED) != inside || !from ||
                 from->count > inside->room)) {
        release_outside(clock, object, inside);
        return;
    }
    inside->count = vector_copy(inside, from);
    __atomic_store_n(&object->stamp, clock->now, __ATOMIC_RELAXED);
    advance(clock);
}

void vclock_release_join(struct thread_clock *clock, struct sync_clock *object)
{
    struct vclock *old = NULL;
    object_take(object);
    bool replaces = object->stamp ? vclock_knows(clock, object->stamp) : !object->known;
    if (replaces) {
        if (object->known != clock->known) {
            old = object->known;
            object->known = vector_share(clock->known);
        }
        object->stamp = clock->now;
    } else {
        vector_join(clock, &object->known, clock->known, object->stamp);
        vector_join(clock, &object->known, NULL, clock->now);
        object->stamp = 0;
    }
    word_lock_give(&object->lock);
    vector_drop(clock, old);
    vclock_advance(clock);
}

void vclock_acquire(struct thread_clock *clock, struct sync_clock *object)
{
    /* Whoever released what we shall see did so before we got here, so an empty object is empty. */
    stamp_t stamp = __atomic_load_n(&object->stamp, __ATOMIC_RELAXED);
    if (!stamp && !__atomic_load_n(&object->known, __ATOMIC_RELAXED))
        return;
    /* For the same reason a newest release that is known says all: threads that pass a done once
       control or a read-mostly lock do not meet in the object's lock. */
    if (stamp && __atomic_load_n(&object->world, __ATOMIC_RELAXED) == vclock_world &&
        vclock_knows(clock, stamp))
        return;
    /* An object's own vector is written by who holds the object: the caller, or nobody. */
    const struct vclock *known = __atomic_load_n(&object->known, __ATOMIC_RELAXED);
    if (stamp && known && known->inside && object->world == vclock_world) {
        vector_join(clock, &clock->known, known, stamp);
        learnt(clock);
        return;
    }
    object_take(object);
    if (!object->stamp || !vclock_knows(clock, object->stamp))
        vector_join(clock, &clock->known, object->known, object->stamp);
    word_lock_give(&object->lock);
    learnt(clock);
}

void vclock_modify(struct thread_clock *clock, struct sync_clock *object, bool keeps_tags)
{
    struct vclock *old = NULL;
    object_take(object);
    if (object->stamp ? !vclock_knows(clock, object->stamp) : object->known != NULL) {
        vector_join(clock, &clock->known, object->known, object->stamp);
        learnt(clock);
    }
    if (object->known != clock->known) {
        old = object->known;
        object->known = vector_share(clock->known);
    }
    object->stamp = clock->now;
    word_lock_give(&object->lock);
    vector_drop(clock, old);
    if (keeps_tags)
        advance_alone(clock);
    else
        advance(clock);
}

static void set(struct sync_clock *to, struct vclock *known, stamp_t stamp)
{
    object_take(to);
    struct vclock *old = to->known;
    to->known = known;
    to->stamp = stamp;
    word_lock_give(&to->lock);
    vector_drop(NULL, old);
}

void vclock_copy(struct sync_clock *to, struct sync_clock *from)
{
    object_take(from);
    struct vclock *known = vector_share(from->known);
    stamp_t stamp = from->stamp;
    word_lock_give(&from->lock);
    set(to, known, stamp);
}

void vclock_join(struct sync_clock *to, struct sync_clock *from)
{
    object_take(from);
    struct vclock *known = vector_share(from->known);
    stamp_t stamp = from->stamp;
    word_lock_give(&from->lock);
    if (!known && !stamp)
        return;
    object_take(to);
    if (!to->known && !to->stamp) {
        to->known = known;
        to->stamp = stamp;
        known = NULL;
    } else {
        vector_join(NULL, &to->known, known, stamp);
        if (to->stamp)
            vector_join(NULL, &to->known, NULL, to->stamp);
        to->stamp = 0;
    }
    word_lock_give(&to->lock);
    vector_drop(NULL, known);
}

void vclock_clear(struct sync_clock *object)
{
    set(object, NULL, 0);
}

struct vclock *vclock_seen(stamp_t stamp)
{
    struct vclock *seen = vector_make(NULL, __atomic_load_n(&vclock_slots_used, __ATOMIC_RELAXED));
    if (!seen)
        return NULL;
    lock_take(LOCK_SLOTS);
    const struct slot *slot = &slots[stamp_slot(stamp)];
    const struct vclock *known = NULL;
    if (slot->owner)
        known = __atomic_load_n(&slot->owner->clock.known, __ATOMIC_ACQUIRE);
    else if (slot->clock.world == vclock_world)
        known = slot->clock.known;
    uint32_t count = known ? __atomic_load_n(&known->count, __ATOMIC_RELAXED) : 0;
    for (uint32_t i = 0; i < seen->count; i++)
        seen->stamp[i] = i < count ? __atomic_load_n(&known->stamp[i], __ATOMIC_RELAXED) : 0;
    lock_give(LOCK_SLOTS);
    if (stamp_slot(stamp) < seen->count)
        vector_raise(seen, stamp);
    return seen;
}

bool vclock_has(const struct vclock *known, stamp_t stamp)
{
    uint32_t slot = stamp_slot(stamp);
    return known && slot < known->count && known->stamp[slot] >= (stamp & STAMP_MASK);
}

void vclock_release_for(stamp_t stamp, struct sync_clock *object)
{
    lend(stamp);
    struct vclock *seen = vclock_seen(stamp);
    object_take(object);
    vector_join(NULL, &object->known, seen, object->stamp);
    vector_join(NULL, &object->known, NULL, stamp);
    object->stamp = 0;
    word_lock_give(&object->lock);
    vector_drop(NULL, seen);
}

bool vclock_is_clear(const struct sync_clock *object)
{
    return object->world != vclock_world || (!object->known && !object->stamp);
}

/* LOCK_SLOTS held. Is all that the slot ever did known to clock, and to lineage? */
static bool slot_is_known(uint32_t slot, const struct thread_clock *clock)
{
    return slots[slot].clock.stamp && vclock_knows(clock, slots[slot].clock.stamp);
}

static bool slot_descends(uint32_t slot, const struct thread_clock *lineage)
{
    return slots[slot].lineage.stamp && vclock_knows(lineage, slots[slot].lineage.stamp);
}

static uint16_t *gone_at(uint32_t i)
{
    return &gone_slots[(gone_first + i) % SLOT_COUNT];
}

/* LOCK_SLOTS held: takes the i-th of the gone slots out. Those on the shorter side move up. */
static uint32_t gone_take(uint32_t i)
{
    uint32_t slot = *gone_at(i);
    if (i >= gone_count / 2) {
        for (; i + 1 < gone_count; i++)
            *gone_at(i) = *gone_at(i + 1);
    } else {
        for (; i > 0; i--)
            *gone_at(i) = *gone_at(i - 1);
        gone_first = (gone_first + 1) % SLOT_COUNT;
    }
    gone_count--;
    return slot;
}

#define SLOTS_ASKED 16u

/* LOCK_SLOTS held. 0 when there is none. Only a few are asked whether they are known, of the newest
   and of the oldest: a creation must not cost in proportion to the threads that ended. Whose end is
   known by locks alone (another thread joined it) has to wait as well, or what it did would count
   as lineage of the new owner. ret_missed: enum unobserved. */
static uint32_t slot_choose(const struct thread *creator, uint32_t *ret_missed)
{
    uint32_t asked = !creator ? 0 : gone_count < SLOTS_ASKED ? gone_count : SLOTS_ASKED;
    uint32_t by_locks = UINT32_MAX;
    *ret_missed = 0;
    for (uint32_t n = 0; n < asked; n++) {
        uint32_t i = n % 2 ? n / 2 : gone_count - 1 - n / 2;
        if (!slot_is_known(*gone_at(i), &creator->clock))
            continue;
        if (slot_descends(*gone_at(i), &creator->lineage))
            return gone_take(i);
        by_locks = i < by_locks ? i : by_locks;
    }
    bool used_up = vclock_slots_used == SLOT_COUNT;
    if (gone_count <= SLOTS_WAITING && !(used_up && gone_count)) {
        *ret_missed = used_up ? UNOBSERVED_RACES : 0;
        return used_up ? 0 : vclock_slots_used++;
    }
    if (by_locks != UINT32_MAX) {
        *ret_missed = UNOBSERVED_LOCK_ORDERS;
        return gone_take(by_locks);
    }
    __atomic_fetch_add(&vclock_forced, 1, __ATOMIC_RELAXED);
    *ret_missed = UNOBSERVED_THREAD_ENDS;
    return gone_take(0);
}

/* LOCK_SLOTS held. */
static void slot_ends(struct slot *slot)
{
    living -= slot->lives;
    slot->lives = false;
}

/* LOCK_SLOTS held. Returns the vector that is no longer needed. */
static struct vclock *settle(const struct thread_clock *creator)
{
    struct vclock *old = settled.known;
    settled.now = creator->now;
    settled.known = vector_share(creator->known);
    return old;
}

bool vclock_is_settled(stamp_t stamp)
{
    if (stamp_slot(stamp) == stamp_slot(settled.now))
        return (stamp & STAMP_MASK) <= settled.now;
    return settled.known && vclock_knows(&settled, stamp);
}

static bool slot_take(struct thread *made, const struct thread *creator)
{
    struct vclock *unneeded = NULL;
    struct tenure *tenure = arena_alloc(sizeof *tenure);
    if (!tenure)
        return false;
    uint32_t missed;
    lock_take(LOCK_SLOTS);
    uint32_t slot = slot_choose(creator, &missed);
    if (slot) {
        struct slot *at = &slots[slot];
        stamp_t last = at->clock.world == vclock_world ? at->clock.stamp : 0;
        stamp_t base = (stamp_t)slot << STAMP_SLOT_SHIFT;
        tenure->first = (last > base ? last : base) + STAMP_EPOCH;
        tenure->thread = made->number;
        tenure->older = at->newest;
        __atomic_store_n(&at->newest, tenure, __ATOMIC_RELEASE);
        at->owner = made;
        if (creator && living == 1 && slots[stamp_slot(creator->clock.now)].lives)
            unneeded = settle(&creator->clock);
        at->lives = true;
        living++;
        made->clock.now = made->lineage.now = tenure->first;
    }
    lock_give(LOCK_SLOTS);
    vector_drop(NULL, unneeded);
    if (unlikely(missed))
        say_unobserved(missed, NULL);
    return slot != 0;
}

bool vclock_thread_create(struct thread *made, struct thread *creator)
{
    vector_drop(NULL, made->clock.known);
    vector_drop(NULL, made->lineage.known);
    made->clock.known = made->lineage.known = NULL;
    if (!slot_take(made, creator)) {
        made->clock.now = made->lineage.now = 0;
        return false;
    }
    made->row->slot = stamp_slot(made->clock.now);
    if (creator) {
        vector_join(&made->clock, &made->clock.known, creator->clock.known, creator->clock.now);
        vector_join(&made->lineage, &made->lineage.known, creator->lineage.known,
                    creator->lineage.now);
        vclock_advance(&creator->clock);
        vclock_advance(&creator->lineage);
    }
    return true;
}

void vclock_thread_adopted(struct thread *made)
{
    lock_take(LOCK_SLOTS);
    uint32_t count = vclock_slots_used;
    lock_give(LOCK_SLOTS);
    if (!made->clock.now || !vector_own(&made->clock, &made->clock.known, count) ||
        !vector_own(&made->lineage, &made->lineage.known, count))
        return;
    lock_take(LOCK_SLOTS);
    for (uint32_t i = 1; i < count; i++) {
        /* An owner's epoch is its own to write: old or new, it is one that has begun. */
        const struct thread *owner = slots[i].owner;
        bool gone = !owner && slots[i].clock.world == vclock_world;
        stamp_t now = owner  ? __atomic_load_n(&owner->clock.now, __ATOMIC_RELAXED)
                      : gone ? slots[i].clock.stamp
                             : 0;
        stamp_t lineage = owner  ? __atomic_load_n(&owner->lineage.now, __ATOMIC_RELAXED)
                          : gone ? slots[i].lineage.stamp
                                 : 0;
        if (owner != made && stamp_slot(now) == i) {
            lend(now);
            vector_raise(made->clock.known, now);
        }
        if (owner != made && stamp_slot(lineage) == i)
            vector_raise(made->lineage.known, lineage);
    }
    lock_give(LOCK_SLOTS);
}

static void follow(struct thread_clock *after, struct thread_clock *before)
{
    if (after->now && before->now) {
        vector_join(after, &after->known, before->known, before->now);
        learnt(after);
    }
}

void vclock_thread_renamed(struct thread *after, struct thread *before)
{
    follow(&after->clock, &before->clock);
    follow(&after->lineage, &before->lineage);
}

/* The thread's slot has run out of epochs: it goes on in another one, knowing all of the first. */
static void vclock_move(struct thread_clock *clock)
{
    struct thread *self = slots[stamp_slot(clock->now)].owner;
    if (!self || !self->row)
        return;
    const struct thread_clock before = self->clock, lineage = self->lineage;
    uint32_t old = stamp_slot(clock->now);
    if (!slot_take(self, NULL)) {
        /* 8191 threads alive, and this one has made 2^39 epochs: it stays in its last one. */
        clock->now -= STAMP_EPOCH;
        return;
    }
    vector_join(&self->clock, &self->clock.known, NULL, before.now);
    vector_join(&self->lineage, &self->lineage.known, NULL, lineage.now);
    self->row->slot = stamp_slot(self->clock.now);
    /* The old slot is never used again: its epochs are. */
    lock_take(LOCK_SLOTS);
    slots[old].owner = NULL;
    slot_ends(&slots[old]);
    lock_give(LOCK_SLOTS);
}

void vclock_thread_gone(struct thread *gone)
{
    uint32_t number = stamp_slot(gone->clock.now);
    struct slot *slot = &slots[number];
    if (!number)
        return;
    lock_take(LOCK_SLOTS);
    bool owns = slot->owner == gone;
    if (owns) {
        struct vclock *had = slot->clock.world == vclock_world ? slot->clock.known : NULL;
        struct vclock *lineage = slot->lineage.world == vclock_world ? slot->lineage.known : NULL;
        slot->owner = NULL;
        slot_ends(slot);
        slot->clock = (struct sync_clock){
            .world = vclock_world, .stamp = gone->clock.now, .known = gone->clock.known};
        slot->lineage = (struct sync_clock){
            .world = vclock_world, .stamp = gone->lineage.now, .known = gone->lineage.known};
        gone->clock.known = gone->lineage.known = NULL;
        gone->clock.now = gone->lineage.now = 0;
        gone_slots[(gone_first + gone_count++) % SLOT_COUNT] = (uint16_t)number;
        lock_give(LOCK_SLOTS);
        vector_drop(NULL, had);
        vector_drop(NULL, lineage);
        return;
    }
    lock_give(LOCK_SLOTS);
}

void vclock_thread_joined(struct thread *self, uint32_t number)
{
    struct thread_row *row = thread_row(number);
    struct slot *slot = &slots[row->slot % SLOT_COUNT];
    if (!row->slot)
        return;
    lock_take(LOCK_SLOTS);
    struct thread *owner = slot->owner;
    struct sync_clock clock = slot->clock, lineage = slot->lineage;
    bool same = slot->newest && slot->newest->thread == number;
    if (same)
        slot_ends(slot);
    if (same && owner) {
        /* Its struct was not taken again yet; the kernel has no such thread, so nobody writes. */
        clock = (struct sync_clock){.stamp = owner->clock.now, .known = owner->clock.known};
        lineage = (struct sync_clock){.stamp = owner->lineage.now, .known = owner->lineage.known};
    }
    clock.known = same ? vector_share(clock.known) : NULL;
    lineage.known = same ? vector_share(lineage.known) : NULL;
    lock_give(LOCK_SLOTS);
    if (!same)
        return; /* its slot was taken by force, as if its end were known: nothing to learn */
    vector_join(&self->clock, &self->clock.known, clock.known, clock.stamp);
    vector_join(&self->lineage, &self->lineage.known, lineage.known, lineage.stamp);
    learnt(&self->clock);
    vector_drop(&self->clock, clock.known);
    vector_drop(&self->lineage, lineage.known);
}

uint32_t vclock_knowing(stamp_t stamp, stamp_t *ret, uint32_t room)
{
    uint32_t count = 0;
    lock_take(LOCK_SLOTS);
    for (uint32_t i = 1; i < vclock_slots_used && count < room; i++) {
        const struct thread *owner = slots[i].owner;
        const struct vclock *known = owner && i != stamp_slot(stamp)
                                         ? __atomic_load_n(&owner->clock.known, __ATOMIC_ACQUIRE)
                                         : NULL;
        if (vclock_has(known, stamp & STAMP_MASK))
            ret[count++] = __atomic_load_n(&owner->clock.now, __ATOMIC_RELAXED);
    }
    lock_give(LOCK_SLOTS);
    return count;
}

struct thread *vclock_owner_of(stamp_t stamp)
{
    return __atomic_load_n(&slots[stamp_slot(stamp)].owner, __ATOMIC_RELAXED);
}

uint32_t vclock_thread_of(stamp_t stamp)
{
    const struct slot *slot = &slots[stamp_slot(stamp)];
    const struct tenure *tenure = __atomic_load_n(&slot->newest, __ATOMIC_ACQUIRE);
    while (tenure && tenure->first > (stamp & STAMP_MASK))
        tenure = tenure->older;
    return tenure ? tenure->thread : 0;
}

void vclock_after_fork(void)
{
    vclock_world++;
    mem_clear(slots, vclock_slots_used * sizeof slots[0]);
    mem_clear(free_vectors, sizeof free_vectors);
    vclock_slots_used = 1;
    gone_first = gone_count = 0;
    settled = (struct thread_clock){0};
    living = 0;
}
