/*
 * Synchronisation objects, found by their address: what the program calls a mutex, a condition, an
 * atomic variable … and what we know of it. Used by wrappers and by the detectors of locks.
 *
 * Three levels by address (16 MB regions, 256-byte lines, 8-byte cells; cells chain objects that
 * share one) lead from an address to its object without a lock; objects are only added and retired
 * under LOCK_SYNCS. An object's struct is never given to another type of struct: who holds a
 * pointer too long sees another object (its id differs), never garbage.
 *
 * Objects go when their memory does: blocks freed, mappings unmapped, stacks left. A thread's
 * sync_low says below which address of its stack no object lies; who calls from above one knows
 * that its function has returned.
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_SYNC_H
#define HOLDFAST_STATE_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/tables.h"
#include "state/thread.h"
#include "state/vclock.h"

enum sync_flag {
    SYNC_INITIALISED = 1u << 0, /* by a call that we saw */
    SYNC_DESTROYED = 1u << 1,   /* by a call that we saw; the row stays to tell later uses */
    SYNC_RECURSIVE = 1u << 2,
    SYNC_ERROR_CHECKING = 1u << 3,
    SYNC_ROBUST = 1u << 4,
    SYNC_SHARED = 1u << 5,   /* PTHREAD_PROCESS_SHARED: others may do what we do not see */
    SYNC_ON_STACK = 1u << 6, /* lies on a thread's stack */
    SYNC_CPP = 1u << 7,      /* taken through C++ (std::mutex has no init and no destroy) */
    SYNC_UNSEEN = 1u << 8,   /* something happened to it that we did not see: judge nothing */
    SYNC_NEW = 1u << 9,      /* a lock that only the thread that initialised it has used */
};

/* The first cache line is what taking and giving it touch: while threads fight for a lock it goes
   from one to the other with the lock's own. */
struct sync {
    uintptr_t address;
    uint32_t id;             /* never reused; changes when the object is another one */
    uint16_t kind;           /* enum sync_kind */
    uint16_t flags;          /* enum sync_flag, atomic */
    struct sync_clock clock; /* what was released into it (rwlock: by writers) */
    uint32_t taken;          /* mutex: how often, by its holder */
    /* Exclusive holder: thread number, 0 none. Written by who takes and gives it; read by anybody,
       as a hint that it checks. */
    uint32_t owner;
    uint32_t owner_stack;
    /* vclock_world when it was last met by who judges it, 0 = made and not met yet: from before a
       fork, numbers of threads and stacks mean nothing (interpose/lock.c). */
    uint32_t world;
    struct sync_more *more; /* what few objects need; NULL until then */

    struct sync *next; /* same cell */
    uint32_t init_stack, init_thread;
    struct vclock_inside inside; /* for clock, while its only releaser holds it (sync_inside) */
} __attribute__((aligned(64)));
static_assert(offsetof(struct sync, next) == 64, "the rest");
static_assert(sizeof(struct sync) == 192, "no line is lost");

static inline struct vclock *sync_inside(struct sync *sync)
{
    return (struct vclock *)&sync->inside;
}

/* One use of an object, for sync-object-race. */
struct sync_use {
    stamp_t stamp; /* 0 = none */
    uint32_t stack, thread;
    uint64_t place; /* the call's return address and frame: the same place has the same stack */
};
#define SYNC_USES 4u

/* Locks that were waited for, read-write locks, conditions, barriers … */
struct sync_more {
    struct sync_clock readers; /* rwlock: what readers released */
    uint32_t reader_count;     /* atomic */
    uint32_t destroyed_stack, destroyed_thread;
    uint32_t limit;    /* barrier: its count */
    uint32_t inside;   /* barrier: arrived; condition: waiting. atomic */
    uintptr_t partner; /* condition: the mutex that waiters used */
    uint32_t partner_stack;
    uint32_t signal_stack; /* condition: the newest signal that met no waiter */
    uint64_t signal_time;
    stamp_t used; /* newest use, for sync-object-race; context beside it */
    uint32_t used_stack, used_thread;
    /* On a stack: where the return address of the frame around it lies, and what it was; another
       one there later, and the frame is another function's. */
    uintptr_t frame_slot, frame_pc;
    /* Contention, atomic: waits that had to be made, ns waited, longest, ns held over a blocking
       call while somebody waited. */
    uint64_t waits, waited, longest;
    uint32_t waiters;                     /* now, atomic */
    uint32_t waiter_stack, waiter_thread; /* who began to wait last … */
    uint64_t waiter_time;                 /* … and when, CLOCK_MONOTONIC_COARSE */
    /* Conditions, barriers, semaphores: word_lock over what follows and over inside, partner and
       signal_* above. */
    uint32_t lock;
    uint32_t woken;        /* condition: waits that were given a wake-up and have not returned */
    uint32_t opened;       /* named semaphore: how often it is open */
    uint32_t missed_by;    /* condition: thread whose wait began after a signal it never saw */
    uintptr_t signal_lock; /* condition: mutex around the newest signal that met no waiter … */
    uint32_t signal_taken; /* … and how often that had been taken then */
    uint32_t signal_thread;
    stamp_t made, destroyed;
    struct sync_use
        uses[SYNC_USES];        /* newest of several threads and places; ordered ones make room */
    struct sync_clock phase[2]; /* barrier: arrivals of even and odd phases */
    uint64_t tickets;           /* barrier: arrivals since it was made */
    uint64_t reserved[2];
};

/* Does a row of held locks still say what is so? Its object may be another's since, or its lock
   released behind our back. */
static inline bool held_is_so(const struct thread *self, const struct held *row)
{
    return row->id == row->lock->id &&
           (row->mode == HELD_READ ||
            __atomic_load_n(&row->lock->owner, __ATOMIC_RELAXED) == self->number);
}

/* The object at address, made when there is none, retired and made anew when what is known there is
   of another kind. Atomic variables and annotated addresses are apart: a lock of the program's own
   making is often all three at one address. NULL when memory is short. */
struct sync *sync_get(struct thread *self, uintptr_t address, enum sync_kind kind);

/* The object at address of any kind (but those apart), or of this kind; NULL when there is none. */
struct sync *sync_find(uintptr_t address);
struct sync *sync_find_kind(uintptr_t address, enum sync_kind kind);

/* The first of the objects in the 8 bytes around address, NULL when there is none; the others
   follow by next, among any that are there no more (address 0). */
struct sync *sync_around(uintptr_t address);

/* Its part that few need; NULL when memory is short. */
struct sync_more *sync_more(struct sync *sync);

/* The object is another one from now on (initialised again): new id, clocks and counts cleared. */
void sync_renew(struct sync *sync, enum sync_kind kind);

/* Forgets one. */
void sync_retire(struct sync *sync);

/* Memory [start, end) is no longer the program's. visit (may be NULL) sees each object before it
   goes; no lock is held then. */
void sync_memory_gone(uintptr_t start, uintptr_t end, void (*visit)(struct sync *sync, void *with),
                      void *with);

/* May there be any in [start, end)? A few loads; for blocks of memory, before the above. */
struct sync_region;
extern struct sync_region **sync_regions;
bool sync_may_lie(uintptr_t start, uintptr_t end);
static inline bool sync_may_lie_in(uintptr_t start, uintptr_t end)
{
    struct sync_region **table = __atomic_load_n(&sync_regions, __ATOMIC_ACQUIRE);
    return unlikely(table != NULL) && start < end && !(end >> 47) &&
           unlikely(table[start >> 24] || table[(end - 1) >> 24] || (end - start) >> 24) &&
           sync_may_lie(start, end);
}

/* All objects, for reports at the end. */
void sync_each(void (*visit)(struct sync *sync, void *with), void *with);

void sync_after_fork(void);

#endif
