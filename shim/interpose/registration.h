/* Functions that the program registers to be called later by another thread. */
#ifndef HOLDFAST_INTERPOSE_REGISTRATION_H
#define HOLDFAST_INTERPOSE_REGISTRATION_H

#include "state/thread.h"

/* A fork begins: the handlers of pthread_atfork come after their registrations. Guard not entered.
 */
void registration_fork_begins(void);

/* It is over, in the parent, and returned child; frame: the wrapper's (interpose/fork.c). Guard not
 * entered. */
void fork_note(pid_t child, const void *frame);

/* The process is about to have a second thread: from then on it matters when exit begins. Guard not
   entered. */
void registration_first_thread(void);

#endif
