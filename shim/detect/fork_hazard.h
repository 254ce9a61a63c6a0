/*
 * fork-hazard: a fork's child asks for a lock that another thread of its parent held when it
 * forked. That thread is not there, so the lock stays taken. A lock that a pthread_atfork handler
 * took before the fork is the forking thread's own; one that the child initialises anew is another
 * lock.
 */
#ifndef HOLDFAST_DETECT_FORK_HAZARD_H
#define HOLDFAST_DETECT_FORK_HAZARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/recording.h"
#include "state/held.h"
#include "state/sync.h"
#include "state/thread.h"

/* How many locks were held so. */
extern uint32_t fork_hazard_count;

/* In the child, while thread_list still has the parent's threads: what others than self held, and
   where they took it, which the parent's recording knows. */
void fork_hazard_gather(const struct thread *self, const struct recording_view *parent);

/* Then, with a recording of its own. */
void fork_hazard_keep(void);

/* self is about to wait for the lock; here: where. */
void fork_hazard_wait_slow(const struct thread *self, const struct sync *lock, uint32_t here);
static inline void fork_hazard_wait(const struct thread *self, const struct sync *lock,
                                    uint32_t here)
{
    if (unlikely(fork_hazard_count) && observing.locks)
        fork_hazard_wait_slow(self, lock, here);
}

#endif
