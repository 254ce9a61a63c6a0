/* The last look: what is left behind, and the report. */
#include <stdlib.h>

#include "base/lock.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "detect/handle_leak.h"
#include "detect/thread_leak.h"
#include "interpose/real.h"
#include "start.h"
#include "state/clock.h"
#include "state/options.h"
#include "state/signals.h"

bool process_is_ours(void)
{
    return recording && raw_syscall(SYS_getpid) == recording->pid;
}

void process_ended(enum process_ending ending, int status)
{
    recording->status = status;
    __atomic_store_n(&recording->ending, ending, __ATOMIC_RELAXED);
    recording->end_time = clock_now();
    __atomic_store_n(&observing.on, 0, __ATOMIC_RELEASE);
    /* Publishes how it ended. Pairs with the reader's acquire of state. */
    __atomic_store_n(&recording->state, PROCESS_ENDED, __ATOMIC_RELEASE);
}

/* The main thread ended before: the last thread's end, not a call, ends the process. */
static enum process_ending refine(enum process_ending ending, const struct thread *self)
{
    return ending == ENDING_EXIT && self->ended ? ENDING_LAST_THREAD : ending;
}

static void look(struct thread *self, enum process_ending ending, int status, const void *frame)
{
    (void)frame;
    recording->ending = refine(ending, self);
    recording->status = status;
    __atomic_store_n(&recording->state, PROCESS_ENDING, __ATOMIC_RELEASE);
    if (observing.handles)
        handle_leak_look(self);
    thread_leak_look(self);
    process_ended(recording->ending, status);
}

int last_look(enum process_ending ending, int status, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self || !process_is_ours()) {
        if (self)
            guard_leave(self);
        return status;
    }
    uint64_t mask;
    signals_block(&mask);
    lock_take(LOCK_LAST_LOOK);
    if (recording->state == PROCESS_RUNNING)
        look(self, ending, status, frame);
    lock_give(LOCK_LAST_LOOK);
    guard_leave(self);
    signals_restore(mask);
    return status;
}

bool process_exec_begins(void)
{
    if (!observing.on || !process_is_ours() || recording->state != PROCESS_RUNNING)
        return false;
    struct thread *self = guard_enter(); /* none in a vfork's child, whose image it would be */
    if (!self)
        return false;
    recording->end_time = clock_now();
    recording->ending = ENDING_EXEC;
    __atomic_store_n(&recording->state, PROCESS_EXECED, __ATOMIC_RELEASE);
    guard_leave(self);
    return true;
}

void process_exec_failed(void)
{
    __atomic_store_n(&recording->state, PROCESS_RUNNING, __ATOMIC_RELEASE);
    recording->ending = ENDING_NONE;
    recording->end_time = 0;
}

/* Registered before anybody else can: runs after all handlers and all libraries' destructors. */
static void at_exit(int status, void *unused)
{
    int replaced = last_look(ENDING_EXIT, status, FRAME);
    if (replaced != status)
        exit(replaced); /* goes on where we are: flushes the streams, then ends */
}

/* quick_exit's status is known only to its wrapper, which leaves it here. */
static void at_fast_exit(void)
{
    int replaced = last_look(ENDING_FAST_EXIT, process_quick_status, FRAME);
    if (replaced != process_quick_status)
        real._exit(replaced);
}

void exit_start_up(void)
{
    on_exit(at_exit, NULL);
    at_quick_exit(at_fast_exit);
}
