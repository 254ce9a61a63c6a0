/* semaphore-misuse: a semaphore used wrongly. Each function judges one fact that a wrapper has met.
   Guard entered. */
#ifndef HOLDFAST_DETECT_SEMAPHORE_MISUSE_H
#define HOLDFAST_DETECT_SEMAPHORE_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/sync.h"

/* It is about to be destroyed or initialised again, and its own count says that threads wait. */
void semaphore_misuse_ending(struct thread *self, const struct sync *semaphore, bool initialises,
                             uint32_t stack);

/* A use of one that was destroyed. */
void semaphore_misuse_destroyed(struct thread *self, const struct sync *semaphore,
                                const void *frame);

/* libc refused a value: an initial one, or one more by a post. */
void semaphore_misuse_overflow(struct thread *self, uintptr_t semaphore, bool posted,
                               const void *frame);

#endif
