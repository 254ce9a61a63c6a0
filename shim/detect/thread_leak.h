/* thread-leak: at the end of the process, threads that nobody joined or detached. */
#ifndef HOLDFAST_DETECT_THREAD_LEAK_H
#define HOLDFAST_DETECT_THREAD_LEAK_H

#include "state/thread.h"

/* Looks at all threads but the caller, which ends the process. recording->ending is set. Guard
   entered, under LOCK_LAST_LOOK; other threads may still run. */
void thread_leak_look(struct thread *self);

#endif
