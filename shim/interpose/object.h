/*
 * Conditions, barriers, semaphores and once controls as wrappers meet them: the object with its
 * second part, as this process has known it. Guard entered.
 */
#ifndef HOLDFAST_INTERPOSE_OBJECT_H
#define HOLDFAST_INTERPOSE_OBJECT_H

#include "state/sync.h"

struct sync *object_meet(struct sync *sync);

/* Made when there is none; with sync->more. NULL when memory is short. */
static inline struct sync *object_at(struct thread *self, uintptr_t address, enum sync_kind kind)
{
    struct sync *sync = sync_get(self, address, kind);
    if (unlikely(!sync) || likely(sync->world == vclock_world && sync->more))
        return sync;
    return object_meet(sync);
}

/* It is another one from now on: made by a call of self with this stack, attributes as they say. */
void object_made(struct thread *self, struct sync *sync, uint32_t stack, bool shared);

/* A call of self with this stack is about to destroy it. */
void object_destroyed(struct thread *self, struct sync *sync, uint32_t stack);

#endif
