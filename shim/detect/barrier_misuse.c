#include "detect/barrier_misuse.h"

#include <pthread.h>

#include "base/recording.h"
#include "report/finding.h"
#include "report/object.h"
#include "state/stack.h"
#include "state/waiter.h"

static bool judged(const struct sync *barrier)
{
    return observing.locks && !(barrier->flags & (SYNC_SHARED | SYNC_UNSEEN));
}

static void begin(struct finding *finding, const struct thread *self, const struct sync *barrier,
                  const char *what, uint32_t stack)
{
    finding_begin(finding, KIND_BARRIER_MISUSE, self);
    finding->detail = string_keep(what);
    finding_object(finding, barrier);
    finding_stack(finding, ROLE_HERE, stack, self->number);
}

/* Fewer have arrived than the barrier lets through at once, and they sleep in it. Those of the
   phase before, who are on their way out, do not count: a barrier may be destroyed as soon as one
   has left it. */
static struct waiters stranded(const struct thread *self, const struct sync *barrier)
{
    const struct sync_more *more = barrier->more;
    uint32_t limit = __atomic_load_n(&more->limit, __ATOMIC_RELAXED);
    if (!limit || __atomic_load_n(&more->tickets, __ATOMIC_RELAXED) % limit == 0)
        return (struct waiters){0};
    return waiters_of(self, WAIT_BARRIER, barrier->address, sizeof(pthread_barrier_t), 0);
}

void barrier_misuse_ending(struct thread *self, const struct sync *barrier, bool initialises,
                           uint32_t count, uint32_t stack)
{
    struct finding finding;
    if (!judged(barrier))
        return;
    struct waiters waiters = stranded(self, barrier);
    if (waiters.asleep) {
        begin(&finding, self, barrier,
              initialises ? "It was initialised again while threads waited at it."
                          : "It was destroyed while threads waited at it.",
              stack);
        finding_stack(&finding, ROLE_WAITING, waiters.stack, waiters.thread);
        finding_tell(&finding);
        return;
    }
    /* On a stack another function's barrier may have been here, which nobody destroyed. */
    uint32_t limit = barrier->more->limit;
    if (initialises && limit && limit != count && barrier->more->tickets &&
        !(barrier->flags & (SYNC_DESTROYED | SYNC_ON_STACK))) {
        begin(&finding, self, barrier,
              "It was initialised again with another count, and had not been destroyed.", stack);
        finding_tell(&finding);
    }
}

void barrier_misuse_used(struct thread *self, const struct sync *barrier, const void *frame)
{
    if (!judged(barrier))
        return;
    struct finding finding;
    bool destroyed = barrier->flags & SYNC_DESTROYED;
    begin(&finding, self, barrier,
          destroyed ? "It had been destroyed." : "It was never initialised.",
          stack_here(self, frame));
    if (destroyed)
        finding_stack(&finding, ROLE_DESTROYED, barrier->more->destroyed_stack,
                      barrier->more->destroyed_thread);
    finding_tell(&finding);
}

void barrier_misuse_count(struct thread *self, uintptr_t barrier, uint32_t count, uint32_t stack)
{
    if (!observing.locks)
        return;
    struct finding finding;
    finding_begin(&finding, KIND_BARRIER_MISUSE, self);
    finding.detail = string_keep(count ? "It was initialised for more threads than it can count."
                                       : "It was initialised for no threads at all.");
    finding_address(&finding, barrier, SYNC_BARRIER);
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    finding_tell(&finding);
}
