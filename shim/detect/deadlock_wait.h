/*
 * What a thread of this process is stuck in, who could let it go, and whether that is really so:
 * the facts behind detect/deadlock.c. Nothing here tells anything.
 *
 * Rows and objects of other threads change while we look. So what rows and our own tables say is a
 * hint; stuck_held_by() asks the object's own memory (glibc keeps owners and values in it), and
 * stuck_asleep() asks the kernel. What a sleeping thread holds, it goes on holding.
 *
 * Guard entered.
 */
#ifndef HOLDFAST_DETECT_DEADLOCK_WAIT_H
#define HOLDFAST_DETECT_DEADLOCK_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "state/thread.h"

/* One wait without a deadline for what only threads of this process give. */
struct stuck {
    struct thread *thread;
    uint32_t kind, stack; /* enum wait_kind */
    uint64_t object, since;
    uint32_t count; /* of the thread's waits so far: tells this one from the next */
};

/* False when the thread does not wait so. */
bool stuck_of(const struct thread *self, struct thread *thread, struct stuck *ret);

/* A waiter of a condition that was woken and waits for its mutex now waits for a mutex. Asks the
   kernel about those. */
void stuck_look_closer(const struct thread *self, struct stuck *stuck);

/* The next waiting thread after previous (NULL: the first) without which the wait cannot end: the
   owner of the lock, the thread to be joined, one of the readers; NULL when there is none, or who
   it is does not wait itself. */
struct thread *stuck_holder(const struct stuck *stuck, const struct thread *previous);

/* The object's memory says that holder is in the way. */
bool stuck_held_by(const struct stuck *stuck, const struct thread *holder);

/* The object's memory says that somebody has let the waiter go, or will without another step: it is
   on its way out. Cheap; false says nothing. */
bool stuck_let_go(const struct stuck *stuck);

/* The same for a thread that has not begun its call yet: the call would return. */
bool stuck_would_pass(const struct stuck *stuck);

/* Others than threads of this process may serve it. */
bool stuck_is_shared(const struct stuck *stuck);

/* Looks again and again while a thread waits in vain, or not quite: who could be served meanwhile
   is held up by no more than it has waited already. Out of the guard while it naps. */
struct patience {
    uint32_t naps;
    uint64_t passed; /* ns asked for so far */
};

/* False: nothing more may be looked at (guard_resume). */
bool patience_nap(struct patience *patience, struct thread *self);

/* 1: the kernel says that it sleeps on this object, for good, or it only looks whether it shall (it
   may be us whom it looks at); 0: not (yet); -errno: the kernel does not say. ret_word (may be
   NULL): the futex that it sleeps on. */
int stuck_asleep(const struct stuck *stuck, uintptr_t *ret_word);

#endif
