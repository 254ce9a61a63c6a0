/*
 * slow-shutdown: the program was told to end (SIGTERM or SIGINT reached a handler of its own, or
 * exit began to call handlers), and more than blocked_threshold later, when it did end, threads
 * still ran or were blocked. One finding, with all of them.
 *
 * A process that is killed cannot look: the command tells it then, from the recording
 * (tools/live.c).
 */
#ifndef HOLDFAST_DETECT_SLOW_SHUTDOWN_H
#define HOLDFAST_DETECT_SLOW_SHUTDOWN_H

#include "state/thread.h"

/* At the process's end. Guard entered. */
void slow_shutdown_look(struct thread *self);

#endif
