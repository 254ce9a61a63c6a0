#include "detect/semaphore_misuse.h"

#include <semaphore.h>

#include "base/recording.h"
#include "report/finding.h"
#include "report/object.h"
#include "state/stack.h"
#include "state/waiter.h"

static bool judged(const struct sync *semaphore)
{
    return observing.locks && !(semaphore->flags & (SYNC_SHARED | SYNC_UNSEEN));
}

static void begin(struct finding *finding, const struct thread *self, const char *what,
                  uint32_t stack)
{
    finding_begin(finding, KIND_SEMAPHORE_MISUSE, self);
    finding->detail = string_keep(what);
    finding_stack(finding, ROLE_HERE, stack, self->number);
}

void semaphore_misuse_ending(struct thread *self, const struct sync *semaphore, bool initialises,
                             uint32_t stack)
{
    if (!judged(semaphore))
        return;
    struct waiters waiters = waiters_of(self, WAIT_SEMAPHORE, semaphore->address, sizeof(sem_t), 0);
    if (!waiters.asleep)
        return;
    struct finding finding;
    begin(&finding, self,
          initialises ? "It was initialised again while threads waited for it."
                      : "It was destroyed while threads waited for it.",
          stack);
    finding_object(&finding, semaphore);
    finding_stack(&finding, ROLE_WAITING, waiters.stack, waiters.thread);
    finding_tell(&finding);
}

void semaphore_misuse_destroyed(struct thread *self, const struct sync *semaphore,
                                const void *frame)
{
    if (!judged(semaphore))
        return;
    struct finding finding;
    begin(&finding, self, "It had been destroyed.", stack_here(self, frame));
    finding_object(&finding, semaphore);
    finding_stack(&finding, ROLE_DESTROYED, semaphore->more->destroyed_stack,
                  semaphore->more->destroyed_thread);
    finding_tell(&finding);
}

void semaphore_misuse_overflow(struct thread *self, uintptr_t semaphore, bool posted,
                               const void *frame)
{
    if (!observing.locks)
        return;
    struct finding finding;
    begin(&finding, self,
          posted ? "It was posted beyond the largest value that it can have."
                 : "It was initialised with a larger value than it can have.",
          stack_here(self, frame));
    const struct sync *sync = sync_find_kind(semaphore, SYNC_SEMAPHORE);
    if (sync)
        finding_object(&finding, sync);
    else
        finding_address(&finding, semaphore, SYNC_SEMAPHORE);
    finding_tell(&finding);
}
