/* A fork's child gets a recording of its own; its parent's is not touched any more. */
#include <pthread.h>

#include "base/lock.h"
#include "base/recording.h"
#include "report/finding.h"
#include "start.h"
#include "state/module.h"
#include "state/stack.h"

void process_forked(void)
{
    struct thread *self = thread_current;
    /* Forked by a handler that interrupted us on this thread: what it interrupted still holds rows
       of the parent's recording, so that stays mapped and this child is not observed. */
    if (!recording || (self && self->busy))
        return;
    bool observed = recording->state == PROCESS_RUNNING;
    recording_leave();
    lock_reset_all();
    finding_after_fork();
    module_after_fork();
    stack_after_fork();
    stack_forget(); /* rows found again tell their modules to the new recording */
    if (observed)
        start_observing(true);
}

void fork_start_up(void)
{
    pthread_atfork(NULL, NULL, process_forked);
}
