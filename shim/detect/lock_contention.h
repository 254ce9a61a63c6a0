/*
 * What waiting for each lock has cost: a note (lock-contention) for each of the locks that were
 * waited for longest, at the end of the process. Locks that ended before are remembered while they
 * are among them. Guard entered.
 */
#ifndef HOLDFAST_DETECT_LOCK_CONTENTION_H
#define HOLDFAST_DETECT_LOCK_CONTENTION_H

#include "state/sync.h"

/* The lock ends, or becomes another one. */
void lock_contention_keep(const struct sync *lock);

/* The last look. */
void lock_contention_look(struct thread *self);

void lock_contention_after_fork(void);

#endif
