/*
 * Order through signals: who sends one orders its past before the handler (or sigwait, signalfd)
 * that meets it. Used by the wrappers that send and by those that meet.
 *
 * Clocks lie in a table by (receiving thread, signal); two that share an entry make an edge too
 * many, which may hide a race and never invents one. Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_SIGNAL_CLOCK_H
#define HOLDFAST_STATE_SIGNAL_CLOCK_H

#include "state/thread.h"

/* Before the signal is sent. target: thread number, 0 = the process. */
void signal_sent(struct thread *self, uint32_t target, int signal);

/* The calling thread has met the signal, whoever sent it. */
void signal_met(struct thread *self, int signal);

#endif
