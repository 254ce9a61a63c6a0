#include "interpose/condition.h"

#include "state/edge.h"
#include "state/stack.h"

void condition_enter(struct condition_wait *wait, const void *condition, void *mutex,
                     const void *frame)
{
    struct thread *self = guard_enter();
    *wait = (struct condition_wait){.self = self, .frame = frame};
    if (unlikely(!self))
        return;
    wait->condition = sync_get(self, (uintptr_t)condition, SYNC_CONDITION);
    if (wait->condition)
        wait->condition_id = wait->condition->id;
    lock_given_up(self, mutex, frame, &wait->mutex);
}

void condition_leave(struct condition_wait *wait, bool woken)
{
    if (unlikely(wait->self != thread_current)) /* a handler forked meanwhile */
        return;
    if (wait->waits)
        wait_end(wait->self, woken);
    struct thread *self = guard_enter();
    if (unlikely(!self))
        return;
    lock_taken_again(self, &wait->mutex, wait->frame);
    if (woken && wait->condition && wait->condition->id == wait->condition_id)
        edge_acquire(self, &wait->condition->clock);
    guard_leave(self);
}

void condition_cancelled(void *wait)
{
    condition_leave(wait, false);
}

void condition_signal(const void *condition, bool all, const void *frame)
{
    struct thread *self = guard_enter();
    if (unlikely(!self))
        return;
    struct sync *sync = sync_get(self, (uintptr_t)condition, SYNC_CONDITION);
    if (likely(sync))
        edge_release(self, &sync->clock);
    guard_leave(self);
}
