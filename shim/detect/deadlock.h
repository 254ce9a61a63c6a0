/*
 * deadlock, self-deadlock: told by the thread that completes them, right before it begins to wait.
 *
 * Two ways to be stuck:
 *   - in a circle: what I wait for is held by (or is the end of) a thread that waits, and so on,
 *     back to me (a circle of one is a self-deadlock);
 *   - nobody is left: every thread of the process waits without a deadline for what only threads
 *     of this process can give (detect/deadlock_nobody.c).
 * Each thread publishes its wait (state/wait.h) before it looks, so the last of them sees all. What
 * is seen is a hint; it is told only when the kernel says that the others sleep on these very
 * objects and the objects say that they are held (detect/deadlock_wait.h).
 *
 * What was told and comes to an end after all (somebody whom we did not know has posted, a thread
 * was cancelled) becomes a note.
 */
#ifndef HOLDFAST_DETECT_DEADLOCK_H
#define HOLDFAST_DETECT_DEADLOCK_H

#include "state/thread.h"

/* self has published a wait without a deadline (wait_begin) and is about to make the call. Any kind
   of wait: those for what comes from outside are let pass. Guard entered. */
void deadlock_look(struct thread *self);

/* self is about to be gone, with its destructors behind it. Guard entered. */
void deadlock_thread_ends(struct thread *self);

/* self goes on, or waits anew, though its wait was told as part of a deadlock. Guard entered. */
void deadlock_went_on(struct thread *self);

/* The last look: waits that were told and have been left since. */
void deadlock_process_ends(void);

/* In a fork's child. */
void deadlock_after_fork(void);

#endif
