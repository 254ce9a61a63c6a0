/* What a deadlock's finding shows, and the line on stderr. Used by the two halves of the detector.
   Guard entered. */
#ifndef HOLDFAST_DETECT_DEADLOCK_TELL_H
#define HOLDFAST_DETECT_DEADLOCK_TELL_H

#include "format/tables.h"
#include "state/thread.h"

/* threads: count of them. all: of how many, when these are all that the process has and nobody is
   left to serve them; 0 = each waits for what the next one holds, the last for the first's. Tells
   once, whoever of them finds it: the threads are marked (THREAD_DEADLOCKED). */
void deadlock_tell(const struct thread *self, struct thread *const *threads, uint32_t count,
                   uint32_t all, enum confidence confidence);

/* self goes on, though its wait was told: what was told is a note from now on, and whoever else was
   part of it may be told again. Nothing happens when it was not told. */
void deadlock_over(struct thread *self);

void deadlock_tell_after_fork(void);

#endif
