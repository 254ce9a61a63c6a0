/*
 * Children that this process forked and that nobody has been seen to wait for. A row is only a
 * reason to look: the kernel is asked what became of the child.
 *
 * Any thread, guard entered. LOCK_CHILDREN protects the table.
 */
#ifndef HOLDFAST_STATE_CHILD_H
#define HOLDFAST_STATE_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "state/thread.h"

struct child {
    int32_t pid;     /* 0: no row */
    uint32_t stack;  /* stacks: where it was forked */
    uint32_t thread; /* number of the thread that forked it */
    uint32_t waits;  /* how many waits that thread had begun by then */
};

enum child_state {
    CHILD_RUNS,
    CHILD_ZOMBIE, /* it has ended, and waits to be waited for */
    CHILD_GONE,   /* it was waited for, or the system took it away */
};

/* A child was made by self at the stack. Told in the parent. */
void child_born(struct thread *self, int32_t pid, uint32_t stack);

/* Somebody has waited for it. Cheap for a pid that is none of ours. */
void child_gone(int32_t pid);

/* How many were ever made, waited for or not. */
uint32_t child_count(void);

/* Asks the kernel, without taking the child's end away. ret_status: as waitid's si_status with
   ret_signalled saying whether that is a signal; for zombies. Needs no guard. */
enum child_state child_state_of(int32_t pid, int *ret_status, bool *ret_signalled);

/* Calls visit for each child that nobody was seen to wait for, under the lock. */
void child_each(void (*visit)(const struct child *child, void *with), void *with);

/* In a fork's child: its parent's children are not its own. */
void child_after_fork(void);

#endif
