/*
 * One finding per creating stack: joinable threads that nobody settled (warning), and detached ones
 * that still run (note). Threads that we did not see being created are their creator's business.
 *
 * Where a signal ends the process it did not choose to end now: that a thread runs, or has ended a
 * moment ago, is then no leak. One that has waited for its join longer than blocked_threshold is.
 */
#include "detect/thread_leak.h"

#include "base/recording.h"
#include "report/finding.h"
#include "state/clock.h"
#include "state/options.h"
#include "state/task.h"

/* Threads of one creating stack, and examples of where they are: distinct places. */
#define EXAMPLES 4u
struct group {
    uint32_t stack, count, examples;
    bool detached, used;
    uint32_t example[EXAMPLES];
};

#define GROUPS_MAX 4096u /* power of two; leaks beyond that many stacks are told one by one */

struct look {
    const struct thread *self;
    uint64_t now;
    uint32_t threads; /* numbers are below this */
    uint8_t *joining; /* per number: a thread is in its join */
    struct group *groups;
};

static uint32_t state_of(const struct thread_row *row)
{
    return __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);
}

static uint32_t wait_of(const struct thread_row *row)
{
    return state_of(row) == THREAD_RUNNING ? __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) : 0;
}

static bool ended_by_signal(void)
{
    return recording->ending == ENDING_SIGNAL || recording->ending == ENDING_CRASH;
}

/* Threads that somebody is joining right now are not left behind. */
static void note_joins(struct look *look)
{
    for (uint32_t i = 1; i < look->threads; i++) {
        const struct thread_row *row = thread_row(i);
        if (wait_of(row) == WAIT_JOIN && row->wait_object < look->threads)
            look->joining[row->wait_object] = 1;
    }
}

static bool is_left(const struct look *look, uint32_t number)
{
    const struct thread_row *row = thread_row(number);
    uint32_t state = state_of(row), flags = __atomic_load_n(&row->flags, __ATOMIC_ACQUIRE);
    /* Who ends the process is not left behind by that; whoever happens to be the last of threads
       that all come to their end is no better than the others. */
    if (state == THREAD_NONE ||
        (number == look->self->number && recording->ending != ENDING_LAST_THREAD) ||
        flags & (THREAD_MAIN | THREAD_ADOPTED | THREAD_JOINED) || look->joining[number])
        return false;
    if (flags & THREAD_DETACHED)
        return state != THREAD_ENDED && !ended_by_signal();
    if (!ended_by_signal())
        return true;
    uint64_t patience = options.number[OPTION_BLOCKED_THRESHOLD] * 1000000u;
    return state == THREAD_ENDED && look->now - row->ended_time > patience;
}

/* Same state and, when it waits, same place. */
static bool same_example(uint32_t a, uint32_t b)
{
    const struct thread_row *x = thread_row(a), *y = thread_row(b);
    if (state_of(x) != state_of(y) || wait_of(x) != wait_of(y))
        return false;
    return !wait_of(x) || x->wait_stack == y->wait_stack;
}

static void add_example(struct group *group, uint32_t number)
{
    for (uint32_t i = 0; i < group->examples; i++)
        if (same_example(group->example[i], number))
            return;
    if (group->examples < EXAMPLES)
        group->example[group->examples++] = number;
}

static void tell(const struct look *look, const struct group *group)
{
    struct finding finding;
    finding_begin(&finding, KIND_THREAD_LEAK, look->self);
    finding.count = group->count;
    if (group->detached) {
        finding.severity = SEVERITY_NOTE;
        finding.detail =
            string_keep("The thread was detached and still ran when the process ended.");
    }
    if (ended_by_signal())
        finding.confidence = CONFIDENCE_LIKELY;
    finding_stack(&finding, ROLE_CREATED, group->stack, thread_row(group->example[0])->creator);
    for (uint32_t i = 0; i < group->examples; i++) {
        struct thread_row *row = thread_row(group->example[i]);
        task_name(row);
        struct evidence_row *who = finding_evidence(&finding, EVIDENCE_THREAD, ROLE_CREATED);
        who->thread = group->example[i];
        who->a = state_of(row);
        who->b = row->flags;
        if (wait_of(row))
            finding_stack(&finding, ROLE_WAITING, row->wait_stack, group->example[i]);
    }
    finding_tell(&finding);
}

static void count(struct look *look, uint32_t number)
{
    const struct thread_row *row = thread_row(number);
    bool detached = row->flags & THREAD_DETACHED;
    uint32_t slot = (row->created_stack * 2 + detached) * 2654435769u >> 20;
    for (uint32_t tries = 0; tries < 64; tries++, slot++) {
        struct group *group = &look->groups[slot % GROUPS_MAX];
        if (!group->used)
            *group =
                (struct group){.stack = row->created_stack, .detached = detached, .used = true};
        if (group->stack != row->created_stack || group->detached != detached)
            continue;
        group->count++;
        add_example(group, number);
        return;
    }
    struct group alone = {.stack = row->created_stack, .detached = detached, .count = 1};
    add_example(&alone, number);
    tell(look, &alone);
}

void thread_leak_look(struct thread *self)
{
    if (!observing.threads || !recording)
        return;
    uint64_t used = recording->sections[SECTION_THREADS - 1].used;
    struct look look = {
        .self = self, .now = clock_now(), .threads = (uint32_t)(used / sizeof(struct thread_row))};
    size_t groups = GROUPS_MAX * sizeof(struct group), size = groups + look.threads;
    look.groups = pages_map(size);
    if (!look.groups)
        return;
    look.joining = (uint8_t *)look.groups + groups;
    note_joins(&look);
    for (uint32_t i = 1; i < look.threads; i++)
        if (is_left(&look, i))
            count(&look, i);
    for (uint32_t i = 0; i < GROUPS_MAX; i++)
        if (look.groups[i].used)
            tell(&look, &look.groups[i]);
    pages_unmap(look.groups, size);
}
