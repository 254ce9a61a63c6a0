/* Order of birth, fork, last look: the wiring between the parts. Nothing below includes this. */
#ifndef HOLDFAST_START_H
#define HOLDFAST_START_H

#include <stdbool.h>

#include "format/recording.h"
#include "state/thread.h"

/* Starts observing in this process (first time, or in a fork's child). Returns false when it
 * cannot. */
bool start_observing(bool forked);

/* The last look: scans, tells what is left behind, stops observing, marks the recording ended, and
   under plain preload prints the report. frame: the caller's frame, whose caller is the program (or
   libc on its behalf). Only the first call does anything; a second thread that ends the process
   meanwhile waits for it to be done. Returns the status that the process shall end with (the
   exitcode option). */
int last_look(enum process_ending ending, int status, const void *frame);

#endif
