/*
 * Starting the program and being its stand-in while it runs: whoever started `holdfast run` sees a
 * process that behaves as the program would. Signals that are sent to us are passed on; those that
 * the terminal sends to the whole foreground group have reached the program already. The program
 * gets the signal mask, dispositions, descriptors and process group that we were started with.
 *
 * Used by cmd_run.c. One program per process, no other threads; between launch_start and
 * launch_finish the forwarded signals are blocked.
 */
#ifndef HOLDFAST_TOOLS_LAUNCH_H
#define HOLDFAST_TOOLS_LAUNCH_H

#include "tree.h"
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct launch {
    pid_t pid;
    sigset_t mask;             /* the caller's */
    struct sigaction on_child; /* the caller's disposition of SIGCHLD */
    bool told_to_stop;         /* got a SIGTSTP, SIGTTIN or SIGTTOU: stop when the program has */
    bool stopped;              /* the program has, as far as we have looked */
    /* Called every look_ms while we wait; may be NULL. Set after launch_start. */
    void (*look)(void *with);
    void *with;
    int look_ms;
};

/* Starts path. 0 or -errno of the exec (then nothing runs and nothing is left to finish). When we
   are killed the program is killed too, as a supervisor that kills us wants. */
int launch_start(struct launch *ret, const char *path, char **arguments, char **environment);

/* Waits for the program and passes signals on. Returns its wait status. */
int launch_wait(struct launch *launch);

/* Waits until what the program started is gone too: all processes of the run (see tree.h) in our
   session. A signal that asks to end (HUP, INT, QUIT, TERM) ends the waiting. notice (may be NULL):
   called once when it takes longer than a second. ret_left: who is left; tree_finish releases it.
 */
void launch_wait_tree(struct launch *launch, const struct tree_run *run,
                      void (*notice)(const char *names), struct tree *ret_left);

/* Gives the caller's signal mask back. */
void launch_finish(struct launch *launch);

#endif
