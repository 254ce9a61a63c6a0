/* The last look: what is left behind, and the report. */
#include "start.h"

#include "base/lock.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "detect/handle_leak.h"
#include "detect/thread_leak.h"
#include "interpose/real.h"
#include "state/clock.h"
#include "state/options.h"

int last_look(enum process_ending ending, int status, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self || !recording)
        return status;
    lock_take(LOCK_LAST_LOOK);
    if (recording->state != PROCESS_RUNNING) {
        lock_give(LOCK_LAST_LOOK);
        guard_leave(self);
        return status;
    }
    recording->ending = ending;
    recording->status = status;
    __atomic_store_n(&recording->state, PROCESS_ENDING, __ATOMIC_RELEASE);
    if (observing.handles)
        handle_leak_look(self);
    recording->end_time = clock_now();
    thread_leak_look(self);
    __atomic_store_n(&observing.on, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&recording->state, PROCESS_ENDED, __ATOMIC_RELEASE);
    lock_give(LOCK_LAST_LOOK);
    guard_leave(self);
    return status;
}
