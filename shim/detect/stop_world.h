/*
 * Stopping all other threads of the process, with their registers, for a look at memory that nobody
 * changes.
 *
 * A thread in a blocking call whose wrapper saved its registers (thread->waiting) is left where it
 * is: a signal would make its call return EINTR. Every other thread gets a signal whose handler
 * waits until the world goes on. The signal is the one that glibc keeps for setuid (33): programs
 * cannot block it through libc, and it has no meaning of its own for them; what glibc itself sends
 * with it meanwhile is passed on to glibc's handler.
 *
 * By one thread at a time (LOCK_LAST_LOOK), with the guard entered and all signals blocked.
 */
#ifndef HOLDFAST_DETECT_STOP_WORLD_H
#define HOLDFAST_DETECT_STOP_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "state/task.h"
#include "state/thread.h"

enum stop_state {
    STOP_ASKED = 0,   /* signalled, no answer yet */
    STOP_STOPPED = 1, /* in our handler: context holds its registers */
    STOP_WAITING = 2, /* in a wait: thread->saved holds its registers */
    STOP_GONE = 3,    /* ended meanwhile */
    STOP_LOST = 4,    /* did not answer: it may be running */
};

struct stopped_thread {
    int32_t tid;
    uint32_t state;              /* enum stop_state; STOPPED is written by the thread itself */
    const struct thread *thread; /* NULL: never met us */
    const ucontext_t *context;   /* with STOP_STOPPED */
    uintptr_t borrowed[2];       /* registers that moved code keeps elsewhere meanwhile */
    struct task_call call;       /* with STOP_WAITING: the system call that it sleeps in */
};

/* Stops all threads but the caller. False when that cannot be done at all (no memory, no signal):
   nothing is stopped then. */
bool stop_world(struct thread *self);

/* The threads found by the stop, without the caller. Valid until stop_world_end. */
const struct stopped_thread *stop_world_threads(uint32_t *ret_count);

/* Lets them go on. */
void stop_world_end(void);

#endif
