/* blocked-thread: at the end of the process, threads that wait without a deadline for what nobody
   gives them. */
#ifndef HOLDFAST_DETECT_BLOCKED_H
#define HOLDFAST_DETECT_BLOCKED_H

#include "state/thread.h"

/* Looks at all threads. recording->ending is set. Guard entered, under LOCK_LAST_LOOK; other
   threads may still run. */
void blocked_look(struct thread *self);

#endif
