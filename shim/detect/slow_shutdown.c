#include "detect/slow_shutdown.h"

#include <signal.h>

#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/clock.h"
#include "state/options.h"
#include "state/stack.h"
#include "state/task.h"
#include "state/wait.h"

#define THREADS_MOST 8u /* shown; the others are counted */

/* Pool threads that were served where they wait now, and wait for more, hold up nobody. */
static bool idles(const struct thread_row *row, uint32_t kind)
{
    return kind && wait_may_idle(kind) && stack_has_flag(row->wait_stack, STACK_WOKEN);
}

static void add_thread(struct finding *finding, const struct thread *thread, uint32_t kind)
{
    struct thread_row *row = thread->row;
    task_name(row);
    struct evidence_row *what =
        finding_evidence(finding, kind ? EVIDENCE_WAIT : EVIDENCE_THREAD, ROLE_WAITING);
    what->thread = thread->number;
    if (!kind) {
        what->a = row->state;
        what->b = row->flags;
        finding_stack(finding, ROLE_CREATED, row->created_stack, row->creator);
        return;
    }
    what->a = row->wait_object;
    what->b = kind;
    what->c = row->wait_since;
    finding_stack(finding, ROLE_WAITING, row->wait_stack, thread->number);
}

static uint32_t sentence(uint64_t waited, uint32_t more)
{
    char line[160];
    struct text text = text_in(line, sizeof line);
    text_add(&text, recording->shutdown_signal == SIGTERM  ? "SIGTERM had reached the program "
                    : recording->shutdown_signal == SIGINT ? "SIGINT had reached the program "
                                                           : "exit had begun ");
    text_add_number(&text, waited / 1000000);
    text_add(&text, " ms before it ended.");
    if (more) {
        text_add(&text, " And ");
        text_add_number(&text, more);
        text_add(&text, " more threads.");
    }
    return string_keep(line);
}

void slow_shutdown_look(struct thread *self)
{
    uint64_t begun = recording->shutdown_time, now = clock_now();
    uint32_t count = 0;
    struct finding finding;
    if (!begun || !observing.threads ||
        now - begun < options.number[OPTION_BLOCKED_THRESHOLD] * 1000000u)
        return;
    finding_begin(&finding, KIND_SLOW_SHUTDOWN, self);
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        uint32_t kind = __atomic_load_n(&t->row->wait_kind, __ATOMIC_ACQUIRE);
        /* Who ends the process is told where a signal did it: then it waits for something too. */
        bool ends = t == self && (!kind || recording->ending != ENDING_SIGNAL);
        if (t->ended || ends || t->row->state != THREAD_RUNNING || idles(t->row, kind))
            continue;
        if (count++ < THREADS_MOST)
            add_thread(&finding, t, kind);
    }
    if (!count)
        return;
    finding.detail = sentence(now - begun, count > THREADS_MOST ? count - THREADS_MOST : 0);
    finding_tell(&finding);
}
