/*
 * deadlock, self-deadlock: told by the thread that completes them, right before it begins to wait.
 *
 * Two ways to be stuck:
 *   - in a circle: what I wait for is held by (or is the end of) a thread that waits, and so on,
 *     back to me;
 *   - nobody is left: every thread of the process waits without a deadline for what only threads
 *     of this process can give.
 * Each thread publishes its wait (state/wait.h) before it looks, so the last of them sees all. What
 * is seen is a hint; it is told only when the kernel says that the others sleep on these very
 * objects and the objects say that nobody has been let through (deadlock_confirm.c).
 */
#ifndef HOLDFAST_DETECT_DEADLOCK_H
#define HOLDFAST_DETECT_DEADLOCK_H

#include <stdint.h>

#include "state/held.h"
#include "state/thread.h"

struct sync;

/* self is about to wait without a deadline for a lock that could not be had by a try; before
   wait_begin. Tells self-deadlock. stack: of the call. Guard entered. */
void deadlock_waiting(struct thread *self, struct sync *lock, enum held_mode mode, uint32_t stack);

/* self has published its wait without a deadline and is about to make the call; guard entered.
   blocking_begin() calls it for every kind of wait. */
void deadlock_look(struct thread *self);

/* self is about to be gone, with all its destructors behind it; guard entered. */
void deadlock_thread_ends(struct thread *self);

#endif
