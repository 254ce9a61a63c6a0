/* The last look: what is left behind, and the report. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/lock.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "base/text.h"
#include "detect/block_leak.h"
#include "detect/blocked.h"
#include "detect/child_leak.h"
#include "detect/cond_misuse.h"
#include "detect/deadlock.h"
#include "detect/handle_growth.h"
#include "detect/handle_leak.h"
#include "detect/handle_scan.h"
#include "detect/lock_contention.h"
#include "detect/lock_held.h"
#include "detect/memory_growth.h"
#include "detect/slow_shutdown.h"
#include "detect/thread_leak.h"
#include "detect/unflushed_stream.h"
#include "interpose/real.h"
#include "report/command.h"
#include "report/log.h"
#include "report/plain.h"
#include "rewrite/rewrite.h"
#include "start.h"
#include "state/block.h"
#include "state/clock.h"
#include "state/environment.h"
#include "state/options.h"
#include "state/signals.h"
#include "state/stack.h"

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

/* Most children of a fork have given back what they took: nothing to look for, then. */
static void look_for_leaks(struct thread *self)
{
    if (!observing.memory || !options.number[OPTION_LEAKS])
        say_unobserved(UNOBSERVED_SCAN_SKIPPED, NULL);
    else if (block_any() || handle_scan_wanted())
        block_leak_scan(self);
    else
        __atomic_store_n(&recording->scanned, 1, __ATOMIC_RELEASE);
}

static void look(struct thread *self, enum process_ending ending, int status, const void *frame)
{
    recording->ending = refine(ending, self);
    __atomic_store_n(&recording->state, PROCESS_ENDING, __ATOMIC_RELEASE);
    /* exit flushes all streams, after us. */
    if (observing.handles && (ending == ENDING_FAST_EXIT || ending == ENDING_SIGNAL))
        unflushed_stream_look(self, frame ? stack_here(self, frame) : 0);
    thread_leak_look(self);
    child_leak_look(self);
    slow_shutdown_look(self);
    deadlock_process_ends();
    blocked_look(self);
    cond_misuse_look(self);
    lock_held_process_ends(self);
    lock_contention_look(self);
    rewrite_last_look();
    look_for_leaks(self);
    if (observing.handles) {
        handle_leak_look(self); /* after the scan, which says what is still held */
        handle_growth_look(self);
    }
    if (observing.memory)
        memory_growth_look(self);
    process_ended(recording->ending, status);
}

/* The first word counts, but SIGINT is often no word to end: shells and debuggers go on. */
void process_told_to_end(int signal)
{
    if (!observing.on || !process_is_ours() || recording->state != PROCESS_RUNNING)
        return;
    if (recording->shutdown_signal == SIGINT || recording->shutdown_time == 0) {
        recording->shutdown_signal = signal;
        __atomic_store_n(&recording->shutdown_time, clock_now(), __ATOMIC_RELEASE);
    }
}

/* Is this the process that the run began with (whatever it exec'ed since)? A run's own folder ends
   in its pid. */
static bool is_first(void)
{
    uint64_t pid;
    const char *folder = environment.run_folder ? environment.run_folder : "", *dash = folder;
    for (const char *at = folder; *at; at++)
        if (*at == '-')
            dash = at + 1;
    if (!recording->forked && !environment.inherited)
        return true;
    return text_number(dash, text_length(dash), &pid) && pid == (uint64_t)recording->pid;
}

/* Under plain preload the program ends with the report. Of the processes of a tree, those with
   nothing to tell stay silent but for the first. */
static int report(int status)
{
    if (environment.launched)
        return status;
    bool told = plain_has(SEVERITY_WARNING) || (recording->unobserved & ~UNOBSERVED_SCAN_SKIPPED);
    bool print = options.number[OPTION_REPORT] && (told || is_first());
    bool judge = options.number[OPTION_EXITCODE] && !(status & 0xff) && plain_has(SEVERITY_NOTE);
    if (!print && !judge)
        return status;
    const char *strings = (const char *)section_start[SECTION_STRINGS];
    int out =
        print ? log_open(text_base(strings + recording->program), strings + recording->directory)
              : -1;
    int result = -1;
    if (out >= 0 || judge)
        result = command_report(start_recording_path(), out < 0 ? 2 : out, out < 0);
    if (result < 0 && out >= 0)
        plain_report(start_recording_path(), out);
    log_close(out);
    return judge && result == 1 ? (int)options.number[OPTION_EXITCODE] : status;
}

/* For when a look is not possible: a handler that interrupted us on this thread ends the process
   (our locks may be taken), or the program has shut itself in. */
static void end_unlooked(enum process_ending ending, int status)
{
    say_unobserved(UNOBSERVED_SCAN_SKIPPED, NULL);
    process_ended(ending, status);
}

/* The mode at birth: a container's filter is there from the start and lets a look through. */
static long seccomp_at_start;

/* The program has shut itself in since: one openat of ours could kill it. */
static bool shut_in(void)
{
    return raw_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != seccomp_at_start;
}

int last_look(enum process_ending ending, int status, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self || !process_is_ours()) {
        if (self)
            guard_leave(self);
        else if (observing.on && process_is_ours())
            end_unlooked(ending, status);
        return status;
    }
    uint64_t mask;
    signals_block(&mask);
    lock_take(LOCK_LAST_LOOK);
    if (recording->state == PROCESS_RUNNING && shut_in()) {
        end_unlooked(ending, status);
    } else if (recording->state == PROCESS_RUNNING) {
        look(self, ending, ending == ENDING_SIGNAL ? status : status & 0xff, frame);
        status = report(status);
    }
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
    int replaced = last_look(ENDING_EXIT, status, NULL);
    if (replaced != status)
        exit(replaced); /* goes on where we are: flushes the streams, then ends */
}

/* quick_exit's status is known only to its wrapper, which leaves it here. */
static void at_fast_exit(void)
{
    int replaced = last_look(ENDING_FAST_EXIT, process_quick_status, NULL);
    if (replaced != process_quick_status)
        real._exit(replaced);
}

/* Each handler runs in one thread. Of threads that call exit at the same time (undefined, but it
   happens) all but one find nothing left to run and end the process at once, in the middle of the
   look: so many of them find this handler, too, and wait in it. */
#define EXITS 4

void exit_start_up(void)
{
    seccomp_at_start = raw_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
    for (int i = 0; i < EXITS; i++)
        on_exit(at_exit, NULL);
    (void)at_quick_exit(at_fast_exit);
}
