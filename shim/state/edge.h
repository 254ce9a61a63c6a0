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

#endif
