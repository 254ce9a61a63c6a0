/*
 * sync-object-race: a condition, barrier or semaphore is initialised or destroyed, and nothing
 * orders that with its use by another thread.
 *
 * Each object keeps the newest use of several threads and places. A use that a later one knows of
 * makes room for it; so all unordered ones are kept, up to SYNC_USES.
 *
 * Guard entered. What comes from another process, or from a thread whose synchronisation is to be
 * ignored, is not judged.
 */
#ifndef HOLDFAST_DETECT_SYNC_OBJECT_RACE_H
#define HOLDFAST_DETECT_SYNC_OBJECT_RACE_H

#include <stdint.h>

#include "state/sync.h"

/* self is about to use the object, in a wrapper with this frame; before it releases anything. The
   stack of the call, 0 where the use need not be kept. */
uint32_t sync_object_used(struct thread *self, struct sync *sync, const void *frame);

/* It is about to be initialised or destroyed by a call with this stack. */
void sync_object_ending(struct thread *self, struct sync *sync, const char *what, uint32_t stack);

/* A lock: who used it last is known by what was released into it. Before it is initialised again or
   destroyed, and when another thread than the one that made it takes it first. */
void sync_object_lock_ending(struct thread *self, struct sync *lock, const char *what,
                             uint32_t stack);
void sync_object_lock_used(struct thread *self, struct sync *lock, const void *frame);

/* It was initialised. */
void sync_object_made(struct thread *self, struct sync *sync, uint32_t stack);

#endif
