/*
 * The two halves of an edge, for wrappers: a release is told before the real call, an acquire after
 * it. A thread that asked for its synchronisation to be ignored (AnnotateIgnoreSyncBegin) makes
 * none.
 *
 * The thread itself, guard entered.
 */
#ifndef HOLDFAST_STATE_EDGE_H
#define HOLDFAST_STATE_EDGE_H

#include "state/sync.h"
#include "state/thread.h"

/* For objects into which several release before anybody acquires. */
static inline void edge_release(struct thread *self, struct sync_clock *object)
{
    if (likely(!self->ignore_sync && !vclock_alone()))
        vclock_release_join(&self->clock, object);
}

static inline void edge_acquire(struct thread *self, struct sync_clock *object)
{
    if (likely(!self->ignore_sync && !vclock_alone()))
        vclock_acquire(&self->clock, object);
}

/* pthread_cancel of a thread is ordered before what it does once it acts on that: its clean-up
   handlers and destructors. Kept by its pthread_t. */
static inline void edge_cancel(struct thread *self, uintptr_t pthread)
{
    struct sync *sync = pthread ? sync_get(self, pthread, SYNC_OTHER) : NULL;
    if (sync)
        edge_release(self, &sync->clock);
}

static inline void edge_cancelled(struct thread *self)
{
    if (likely(!self->row->ended_stack))
        return; /* nobody asked for it */
    struct sync *sync = sync_find_kind((uintptr_t)self->row->pthread, SYNC_OTHER);
    if (sync)
        edge_acquire(self, &sync->clock);
}

#endif
