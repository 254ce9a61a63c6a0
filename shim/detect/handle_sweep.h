/*
 * Sweeps. Daemons and whoever starts programs close every number from 3 to the limit (or make it
 * close-on-exec) and expect most of the calls to fail. A sweep is a call stack that meets
 * neighbouring numbers of which one was never open in this run. That is known only at the second
 * number, so the first is told and taken back: told late would mean lost in a killed process. A
 * loop that closes its own descriptors a second time is no sweep: all of them were open once.
 */
#ifndef HOLDFAST_DETECT_HANDLE_SWEEP_H
#define HOLDFAST_DETECT_HANDLE_SWEEP_H

#include "state/handle.h"

enum sweep { SWEEP_NO, SWEEP_BEGINS, SWEEP_GOES_ON };

/* The call with this stack failed with EBADF on fd. never: the number was never open in this run.
   BEGINS: what was told of this stack is to be taken back. Guard entered. */
enum sweep handle_sweep(int fd, bool never, uint32_t stack);

/* Is this stack known to sweep? */
bool handle_sweep_is(uint32_t stack);

/* At birth and in a fork's child. */
void handle_sweep_start_up(void);

#endif
