/*
 * Turning points of the process in which every part has a share: its end, and a fork's child. The
 * wiring (exit.c, fork.c) and report/ implement them; they are declared here because wrappers and
 * signal handlers, which lie below the wiring, come upon them.
 */
#ifndef HOLDFAST_STATE_PROCESS_H
#define HOLDFAST_STATE_PROCESS_H

#include <stdbool.h>

#include "format/recording.h"

/* The last look: scans, tells what is left behind, stops observing, marks the recording ended, and
   under plain preload prints the report. Only the first call does anything; a second thread that
   ends the process meanwhile waits for it to be done. Does nothing in a vfork's child; only
   marks the end when a handler that interrupted the shim on this thread calls it. frame: of the
   wrapper that ends the process, NULL for none. Returns the status that the process shall end with
   (the exitcode option). Safe in signal handlers; errno is kept. */
int last_look(enum process_ending ending, int status, const void *frame);

/* Marks the recording as ended without looking at anything. Lock-free. */
void process_ended(enum process_ending ending, int status);

/* False in a child that shares or copied the parent's memory and has no recording of its own. One
   system call. */
bool process_is_ours(void);

/* The program was told to end: by SIGTERM or SIGINT, that reached a handler of its own or was taken
   by a call, or by exit (0), which begins to call its handlers. Lock-free. */
void process_told_to_end(int signal);

/* Right before a fork, in the parent. */
void process_forks(void);

/* In a fork's child, before any code of the program: a recording of its own. */
void process_forked(void);

/* Before the program gives up descriptor 2, by the wrapper with that frame: where a handler of exit
   does it (all of coreutils), what it leads to is kept for the report. errno is kept. */
void process_stderr_closes(const void *frame);

/* What quick_exit was called with; for the handler that runs after the program's. */
extern int process_quick_status;

/* Before an exec of another image, and when it failed. The mark is undone only where it was made.
 */
bool process_exec_begins(void);
void process_exec_failed(void);

#endif
