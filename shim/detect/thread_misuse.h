/* thread-misuse: a thread joined or detached that was joined or detached already, or that is the
   caller itself. */
#ifndef HOLDFAST_DETECT_THREAD_MISUSE_H
#define HOLDFAST_DETECT_THREAD_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/thread.h"

/* Before the real call, because with a pthread_t that is no longer valid it may crash: target is
   about to be joined or detached by the function named `called`. Returns true when that was told to
   be wrong. target 0 = a thread that we do not know: never wrong. Guard entered. */
bool thread_misuse_before(struct thread *self, uint32_t target, const char *called, uint32_t here);

/* After the real call returned error (EINVAL, EDEADLK …, not those of a try or timed call that has
   to be made again), when nothing was told before it. */
void thread_misuse_after(struct thread *self, uint32_t target, const char *called, uint32_t here,
                         int error);

/* Thread creations that are under way: while there are any, a pthread_t that names an ended thread
   may name a new one whose number is not known yet, and nothing is told. */
void thread_misuse_creating(int by);

#endif
