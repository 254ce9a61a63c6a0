/*
 * cond-misuse: a condition variable used wrongly. Each function judges one fact that a wrapper has
 * met; all are before the real call, because that may hang or crash. Guard entered.
 */
#ifndef HOLDFAST_DETECT_COND_MISUSE_H
#define HOLDFAST_DETECT_COND_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/sync.h"

/* glibc's pthread_cond_t: the words that waiters sleep on lie in it (bits/pthreadtypes.h). */
#define CONDITION_SIZE 48u

/* A wait with a mutex that self does not hold, as far as we saw: told when the mutex says so too
   (glibc keeps the holder's tid in it). */
void cond_misuse_mutex(struct thread *self, const struct sync *condition, uintptr_t mutex,
                       const void *frame);

/* The last wait was with another mutex than this one, which self has published: told when somebody
   still sleeps in such a wait. */
void cond_misuse_partner(struct thread *self, const struct sync *condition, uintptr_t mutex,
                         const void *frame);

/* It is about to be destroyed or initialised while, by our count, threads wait. size: of the memory
   that they sleep on, 0 = elsewhere. */
void cond_misuse_ending(struct thread *self, const struct sync *condition, bool initialises,
                        size_t size, uint32_t stack);

/* A use of a condition that was destroyed. */
void cond_misuse_destroyed(struct thread *self, const struct sync *condition, const void *frame);

/* At the end: waits that began after the only signal there was. */
void cond_misuse_look(struct thread *self);

#endif
