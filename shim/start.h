/* Order of birth, fork, last look: the wiring between the parts. Nothing below includes this. */
#ifndef HOLDFAST_START_H
#define HOLDFAST_START_H

#include <stdbool.h>

#include "format/recording.h"
#include "state/process.h"
#include "state/thread.h"

/* Creates this process's recording. Returns false, after saying so, when it cannot. */
bool start_recording(bool forked);

/* Starts observing in this process (first time, or in a fork's child), with its recording there.
   Returns false when it cannot. */
bool start_observing(bool forked);

/* Path of this process's recording. */
const char *start_recording_path(void);

/* exit.c, fork.c: at birth, before any other library can register anything; fatal.c: once there is
   a recording. */
void exit_start_up(void);
void fatal_start_up(void);
void fork_start_up(void);

#endif
