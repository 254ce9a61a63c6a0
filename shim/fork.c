/* A fork's child gets a recording of its own; its parent's is not touched any more. */
#include <pthread.h>

#include "base/lock.h"
#include "base/recording.h"
#include "detect/exec_leak.h"
#include "detect/fork_hazard.h"
#include "detect/unflushed_stream.h"
#include "report/finding.h"
#include "start.h"
#include "state/child.h"
#include "state/module.h"
#include "state/stack.h"
#include "state/waitless.h"

/* Noted before the fork: the parent may end before the child gets to look. */
static bool observed;

void process_forks(void)
{
    observed = observing.on;
}

void process_forked(void)
{
    struct thread *self = thread_current;
    /* Forked by a handler that interrupted us on this thread: what it interrupted still holds rows
       of the parent's recording, so that stays mapped and this child is not observed. */
    if (!recording || (self && self->busy))
        return;
    struct recording_view parent = recording_leave();
    lock_reset_all();
    fork_hazard_gather(self, &parent);
    exec_leak_gather(&parent);
    finding_after_fork();
    child_after_fork();
    waitless_after_fork();
    unflushed_stream_after_fork();
    stack_after_fork();
    if (observed && start_recording(true)) {
        module_after_fork((const struct module_row *)parent.section_start[SECTION_MODULES],
                          (const char *)parent.section_start[SECTION_STRINGS]);
        if (start_observing(true)) {
            fork_hazard_keep();
            exec_leak_keep();
        }
    }
    recording_unmap(&parent);
}

void fork_start_up(void)
{
    pthread_atfork(process_forks, NULL, process_forked);
}
