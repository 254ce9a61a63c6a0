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
#include "interpose/blocking.h"
#include "state/edge.h"
#include "state/stack.h"

#define BOTH 2u

/* Guard entered. Which of the clocks the arrival went into. */
static unsigned arrive(struct thread *self, struct sync_more *more)
{
    uint32_t limit = __atomic_load_n(&more->limit, __ATOMIC_RELAXED);
    /* Who is one too many says so before it has a ticket, and so before anybody can depart that it
       was mixed up with. */
    if (__atomic_add_fetch(&more->inside, 1, __ATOMIC_SEQ_CST) > limit)
        __atomic_store_n(&more->limit, limit = 0, __ATOMIC_SEQ_CST);
    uint64_t ticket = __atomic_fetch_add(&more->tickets, 1, __ATOMIC_SEQ_CST);
    unsigned phase = limit ? ticket / limit & 1 : BOTH;
    if (phase != 1)
        edge_release(self, &more->phase[0]);
    if (phase != 0)
        edge_release(self, &more->phase[1]);
    return phase;
}

static void depart(struct thread *self, struct sync_more *more, unsigned phase)
{
    if (!__atomic_load_n(&more->limit, __ATOMIC_SEQ_CST))
        phase = BOTH;
    if (phase != 1)
        edge_acquire(self, &more->phase[0]);
    if (phase != 0)
        edge_acquire(self, &more->phase[1]);
    __atomic_fetch_sub(&more->inside, 1, __ATOMIC_SEQ_CST);
}

int wrap_pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attr,
                              unsigned count)
{
    int shared = PTHREAD_PROCESS_PRIVATE;
    int result = real.pthread_barrier_init(barrier, attr, count);
    if (attr)
        pthread_barrierattr_getpshared(attr, &shared);
    struct thread *self = result == 0 ? guard_enter() : NULL;
    if (!self)
        return result;
    struct sync *sync = sync_get(self, (uintptr_t)barrier, SYNC_BARRIER);
    struct sync_more *more = sync ? sync_more(sync) : NULL;
    if (more) {
        sync_renew(sync, SYNC_BARRIER);
        sync->flags |= SYNC_INITIALISED;
        sync->init_stack = stack_here(self, FRAME);
        sync->init_thread = self->number;
        more->limit = shared == PTHREAD_PROCESS_PRIVATE ? count : 0;
    }
    guard_leave(self);
    return result;
}

int wrap_pthread_barrier_wait(pthread_barrier_t *barrier)
{
    struct sync_more *more = NULL;
    unsigned phase = BOTH;
    bool waits = false;
    struct thread *self = guard_enter();
    if (likely(self)) {
        struct sync *sync = sync_get(self, (uintptr_t)barrier, SYNC_BARRIER);
        more = sync ? sync_more(sync) : NULL;
        if (likely(more))
            phase = arrive(self, more);
        waits = wait_begin(self, WAIT_BARRIER, (uintptr_t)barrier, WAIT_FOREVER, FRAME);
        guard_leave(self);
    }
    int result = real.pthread_barrier_wait(barrier);
    if (waits)
        wait_end(self, true);
    self = more ? guard_enter() : NULL;
    if (likely(self)) {
        depart(self, more, phase);
        guard_leave(self);
    }
    return result;
}
