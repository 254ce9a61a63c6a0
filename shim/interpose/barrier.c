/*
 * Barriers: all arrivals of a phase are ordered before all its departures. A thread that has left
 * phase n and arrives in n + 1 while a slow one is still on its way out of n must not order itself
 * before that one: even and odd phases have a clock each. Neither is ever emptied: what it holds of
 * phase n - 2 is ordered before phase n anyway.
 *
 * Which phase an arrival belongs to is told by counting, before the real call. With as many threads
 * as the barrier counts this is exact. When more are inside than it counts (or its count is not
 * known, or other processes arrive too), the real call may have put them together in another way:
 * from then on both clocks take and give for every phase.
 */
#include <errno.h>

#include "detect/barrier_misuse.h"
#include "detect/deadlock.h"
#include "detect/sync_object_race.h"
#include "interpose/blocking.h"
#include "interpose/object.h"
#include "state/edge.h"
#include "state/stack.h"

/* A thread at a barrier. */
struct arrival {
    struct sync *barrier; /* NULL: not known */
    uint32_t id;
    unsigned phase; /* which clock: 0, 1, BOTH */
};
#define BOTH 2u

/* glibc's count of threads (struct pthread_barrier, sysdeps/nptl/internaltypes.h): 0 in memory that
   was never initialised. */
static uint32_t count_in(const pthread_barrier_t *barrier)
{
    return __atomic_load_n((const uint32_t *)(const void *)barrier + 2, __ATOMIC_RELAXED);
}

static void arrive(struct thread *self, pthread_barrier_t *barrier, struct arrival *ret,
                   const void *frame)
{
    struct sync *sync = object_at(self, (uintptr_t)barrier, SYNC_BARRIER);
    *ret = (struct arrival){.barrier = sync, .phase = BOTH};
    if (unlikely(!sync))
        return;
    struct sync_more *more = sync->more;
    ret->id = sync->id;
    if (unlikely((sync->flags & SYNC_DESTROYED) || !count_in(barrier)))
        barrier_misuse_used(self, sync, frame);
    sync_object_used(self, sync, frame);
    uint32_t limit = __atomic_load_n(&more->limit, __ATOMIC_RELAXED);
    /* Who is one too many says so before it has a ticket, and so before anybody can depart that it
       was mixed up with. */
    if (__atomic_add_fetch(&more->inside, 1, __ATOMIC_SEQ_CST) > limit)
        __atomic_store_n(&more->limit, limit = 0, __ATOMIC_SEQ_CST);
    uint64_t ticket = __atomic_fetch_add(&more->tickets, 1, __ATOMIC_SEQ_CST);
    if (likely(limit))
        ret->phase = ticket / limit & 1;
    __atomic_store_n(&self->barrier_until, limit ? (ticket / limit + 1) * limit : 0,
                     __ATOMIC_RELAXED);
    if (ret->phase != 1)
        edge_release(self, &more->phase[0]);
    if (ret->phase != 0)
        edge_release(self, &more->phase[1]);
}

static void depart(struct thread *self, const struct arrival *arrival)
{
    /* Destroyed and initialised anew since: another one's counts. */
    if (arrival->barrier->id != arrival->id)
        return;
    struct sync_more *more = arrival->barrier->more;
    unsigned phase = arrival->phase;
    if (unlikely(!__atomic_load_n(&more->limit, __ATOMIC_SEQ_CST)))
        phase = BOTH;
    if (phase != 1)
        edge_acquire(self, &more->phase[0]);
    if (phase != 0)
        edge_acquire(self, &more->phase[1]);
    __atomic_fetch_sub(&more->inside, 1, __ATOMIC_SEQ_CST);
}

/* Before the real call, which waits for those who are on their way out. */
static void ending(pthread_barrier_t *barrier, bool initialises, uint32_t count, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind((uintptr_t)barrier, SYNC_BARRIER);
    if (sync)
        sync = object_at(self, (uintptr_t)barrier, SYNC_BARRIER);
    if (sync && (!initialises || !(sync->flags & SYNC_DESTROYED))) {
        uint32_t stack = stack_here(self, frame);
        if (sync->flags & SYNC_DESTROYED)
            barrier_misuse_used(self, sync, frame);
        else
            barrier_misuse_ending(self, sync, initialises, count, stack);
        sync_object_ending(self, sync,
                           initialises ? "It was initialised again, unordered with a use."
                                       : "It was destroyed, unordered with a use.",
                           stack);
        if (!initialises)
            object_destroyed(self, sync, stack);
    }
    guard_leave(self);
}

static void initialised(pthread_barrier_t *barrier, const pthread_barrierattr_t *attr,
                        uint32_t count, int error, const void *frame)
{
    int shared = PTHREAD_PROCESS_PRIVATE;
    if (attr)
        pthread_barrierattr_getpshared(attr, &shared);
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = error == 0 ? object_at(self, (uintptr_t)barrier, SYNC_BARRIER) : NULL;
    if (sync) {
        bool is_shared = shared != PTHREAD_PROCESS_PRIVATE;
        object_made(self, sync, stack_here(self, frame), is_shared);
        sync->more->limit = is_shared ? 0 : count;
    } else if (error == EINVAL) {
        barrier_misuse_count(self, (uintptr_t)barrier, count, stack_here(self, frame));
    }
    guard_leave(self);
}

int wrap_pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attr,
                              unsigned count)
{
    ending(barrier, true, count, FRAME);
    int error = real.pthread_barrier_init(barrier, attr, count);
    initialised(barrier, attr, count, error, FRAME);
    return error;
}

int wrap_pthread_barrier_destroy(pthread_barrier_t *barrier)
{
    ending(barrier, false, 0, FRAME);
    return real.pthread_barrier_destroy(barrier);
}

int wrap_pthread_barrier_wait(pthread_barrier_t *barrier)
{
    struct arrival arrival = {0};
    bool waits = false;
    struct thread *self = guard_enter();
    if (likely(self)) {
        arrive(self, barrier, &arrival, FRAME);
        waits = wait_begin(self, WAIT_BARRIER, (uintptr_t)barrier, WAIT_FOREVER, FRAME);
        if (waits)
            deadlock_look(self);
        guard_leave(self);
    }
    int result = real.pthread_barrier_wait(barrier);
    if (waits)
        wait_end(self, true);
    self = arrival.barrier ? guard_enter() : NULL;
    if (likely(self)) {
        depart(self, &arrival);
        guard_leave(self);
    }
    return result;
}
