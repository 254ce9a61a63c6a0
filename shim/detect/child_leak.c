/*
 * What is no leak, though the child has ended:
 *
 *   the parent forked once and then went to its end without waiting for anything: so begin daemons,
 *     and a daemon may end before its parent does
 *   the parent is itself a fork's child with one child of its own: the double fork, whose
 *     grandchild belongs to init
 *   a signal ends the parent, and it is the only one of its stack: it may have ended just now
 */
#include "detect/child_leak.h"

#include "base/action.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/child.h"

struct look {
    const struct thread *self;
    bool ignored; /* SIGCHLD, so that the system takes ended children away */
    /* First pass: how many of one stack there are, up to two, by hash; so a collision only tells
       more. */
    uint8_t of_stack[256];
};

static bool child_signal_ignored(void)
{
    struct kernel_action action = {0};
    if (raw_failed(raw_syscall(SYS_rt_sigaction, SIGCHLD, NULL, &action, sizeof action.mask)))
        return false;
    return (void *)action.handler == (void *)SIG_IGN || action.flags & SA_NOCLDWAIT;
}

static bool is_daemons_parent(const struct look *look, const struct child *child)
{
    if (child_count() != 1)
        return false;
    return recording->forked ||
           (child->thread == look->self->number && child->waits == look->self->waits);
}

static uint8_t *count_of(struct look *look, uint32_t stack)
{
    return &look->of_stack[stack * 2654435769u >> 24];
}

static void count(const struct child *child, void *with)
{
    int status;
    bool signalled;
    uint8_t *count = count_of(with, child->stack);
    if (*count < 2 && child_state_of(child->pid, &status, &signalled) == CHILD_ZOMBIE)
        ++*count;
}

static void tell(const struct look *look, const struct child *child, uint8_t severity,
                 const char *detail)
{
    struct finding finding;
    finding_begin(&finding, KIND_CHILD_LEAK, look->self);
    finding.severity = severity;
    finding.thread = child->thread;
    finding.detail = string_keep(detail);
    finding_stack(&finding, ROLE_FORKED, child->stack, child->thread);
    finding_tell(&finding);
}

static void tell_zombie(const struct look *look, const struct child *child, int status,
                        bool signalled)
{
    char line[128];
    struct text text = text_in(line, sizeof line);
    text_add(&text, "Process ");
    text_add_number(&text, (uint64_t)child->pid);
    text_add(&text, signalled ? " was ended by signal " : " had ended with status ");
    text_add_number(&text, (uint64_t)status);
    text_add_char(&text, '.');
    tell(look, child, 0, line);
}

static void judge(const struct child *child, void *with)
{
    struct look *look = with;
    int status = 0;
    bool signalled = false;
    switch (child_state_of(child->pid, &status, &signalled)) {
    case CHILD_RUNS:
        break;
    case CHILD_ZOMBIE:
        if (!is_daemons_parent(look, child) &&
            (recording->ending != ENDING_SIGNAL || *count_of(look, child->stack) > 1))
            tell_zombie(look, child, status, signalled);
        break;
    case CHILD_GONE:
        if (look->ignored)
            tell(look, child, SEVERITY_NOTE,
                 "SIGCHLD is ignored, so the system took it away when it had ended, and its status "
                 "with it.");
        break;
    }
}

void child_leak_look(struct thread *self)
{
    struct look look = {.self = self, .ignored = child_signal_ignored()};
    if (!child_count())
        return;
    child_each(count, &look);
    child_each(judge, &look);
}
