/* The second way to be stuck (detect/deadlock.h): nobody is left. */
#ifndef HOLDFAST_DETECT_DEADLOCK_NOBODY_H
#define HOLDFAST_DETECT_DEADLOCK_NOBODY_H

#include "state/thread.h"

/* self waits, or is at its end (ends), and tells when all others wait too. Cheap while one thread
   is known that does not. Guard entered. */
void deadlock_nobody_left(struct thread *self, bool ends);

void deadlock_nobody_after_fork(void);

#endif
