/* barrier-misuse: a barrier used wrongly. Each function judges one fact that a wrapper has met,
   before the real call. Guard entered. */
#ifndef HOLDFAST_DETECT_BARRIER_MISUSE_H
#define HOLDFAST_DETECT_BARRIER_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/sync.h"

/* It is about to be destroyed, or initialised again for count threads. */
void barrier_misuse_ending(struct thread *self, const struct sync *barrier, bool initialises,
                           uint32_t count, uint32_t stack);

/* A use of one that was destroyed, or that nobody has initialised: its own count says 0. */
void barrier_misuse_used(struct thread *self, const struct sync *barrier, const void *frame);

/* An initialisation for this many threads, which libc refuses. */
void barrier_misuse_count(struct thread *self, uintptr_t barrier, uint32_t count, uint32_t stack);

#endif
