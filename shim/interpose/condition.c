#include "interpose/condition.h"

#include "base/word_lock.h"
#include "detect/cond_misuse.h"
#include "detect/sync_object_race.h"
#include "interpose/object.h"
#include "state/edge.h"
#include "state/stack.h"

/* glibc's mark of a destroyed condition in __wrefs (nptl/pthread_cond_destroy.c). Memory that was
   given the static initialiser since, as C++ does without any call, does not bear it. */
#define WREFS_DESTROYED 4u

static bool still_destroyed(const pthread_cond_t *condition, enum condition_age age)
{
    return age == CONDITION_NEW &&
           (__atomic_load_n(&condition->__data.__wrefs, __ATOMIC_RELAXED) & WREFS_DESTROYED);
}

/* The condition of a use; guard entered. NULL when memory is short. */
static inline struct sync *used(struct thread *self, void *condition, enum condition_age age,
                                const void *frame, uint32_t *ret_stack)
{
    struct sync *sync = object_at(self, (uintptr_t)condition, SYNC_CONDITION);
    *ret_stack = 0;
    if (unlikely(!sync))
        return NULL;
    if (unlikely(sync->flags & SYNC_DESTROYED)) {
        if (still_destroyed(condition, age))
            cond_misuse_destroyed(self, sync, frame);
        else
            sync_renew(sync, SYNC_CONDITION);
        sync = object_at(self, (uintptr_t)condition, SYNC_CONDITION);
    }
    if (likely(sync))
        *ret_stack = sync_object_used(self, sync, frame);
    return sync;
}

/* Did the only signal come before this wait, and could nobody have seen what it announced since?
   Nobody has had the mutex but the signaller and now this thread. more->lock held. */
static bool missed(const struct thread *self, const struct sync_more *more, const void *mutex)
{
    const struct sync *lock = sync_find_kind((uintptr_t)mutex, SYNC_MUTEX);
    if (!lock || lock->owner != self->number || more->signal_thread == self->number)
        return false;
    if (more->signal_lock == lock->address)
        return lock->taken == more->signal_taken + 1;
    return !more->signal_lock && lock->taken == 1;
}

void condition_enter(struct condition_wait *wait, void *condition, void *mutex,
                     enum condition_age age, const void *frame)
{
    struct thread *self = guard_enter();
    uint32_t stack;
    *wait = (struct condition_wait){.self = self, .frame = frame};
    if (unlikely(!self))
        return;
    wait->condition = used(self, condition, age, frame, &stack);
    if (likely(wait->condition)) {
        struct sync_more *more = wait->condition->more;
        wait->condition_id = wait->condition->id;
        word_lock_take(&more->lock);
        more->inside++;
        if (unlikely(more->signal_stack) && missed(self, more, mutex))
            more->missed_by = self->number;
        word_lock_give(&more->lock);
    }
    self->wait_mutex = (uintptr_t)mutex;
    lock_given_up(self, mutex, frame, &wait->mutex);
    if (unlikely(!wait->mutex.held) && wait->condition)
        cond_misuse_mutex(self, wait->condition, (uintptr_t)mutex, frame);
}

/* Who comes second sees the first: each publishes its wait before it looks at the partner. */
void condition_published(struct condition_wait *wait, void *mutex)
{
    struct sync_more *more = likely(wait->condition) ? wait->condition->more : NULL;
    if (unlikely(!more) ||
        likely(__atomic_load_n(&more->partner, __ATOMIC_SEQ_CST) == (uintptr_t)mutex))
        return;
    uintptr_t before = __atomic_exchange_n(&more->partner, (uintptr_t)mutex, __ATOMIC_SEQ_CST);
    if (before && before != (uintptr_t)mutex && more->inside > 1)
        cond_misuse_partner(wait->self, wait->condition, (uintptr_t)mutex, wait->frame);
}

/* One wait less: one that was woken, or one that gave up. */
static void count_out(const struct thread *self, struct sync_more *more, bool woken)
{
    word_lock_take(&more->lock);
    uint32_t *first = woken ? &more->woken : &more->inside;
    uint32_t *second = woken ? &more->inside : &more->woken;
    if (*first)
        --*first;
    else if (*second)
        --*second;
    if (unlikely(more->missed_by == self->number))
        more->missed_by = 0;
    word_lock_give(&more->lock);
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
    struct sync *condition = wait->condition;
    lock_taken_again(self, &wait->mutex, wait->frame);
    if (likely(condition && condition->id == wait->condition_id)) {
        count_out(self, condition->more, woken);
        if (woken)
            edge_acquire(self, &condition->clock);
    }
    guard_leave(self);
}

void condition_cancelled(void *wait)
{
    condition_leave(wait, false);
    struct thread *self = guard_enter();
    if (!self)
        return;
    edge_cancelled(self);
    guard_leave(self);
}

/* The mutex that belongs to the condition, or the newest that the signaller holds; how often it was
   taken. None when it holds none. */
static void note_lock(const struct thread *self, struct sync_more *more)
{
    more->signal_lock = 0;
    for (uint32_t i = self->held.count; i > 0; i--) {
        const struct held *row = &self->held.rows[i - 1];
        if (row->lock->kind != SYNC_MUTEX || (more->partner && row->lock->address != more->partner))
            continue;
        more->signal_lock = row->lock->address;
        more->signal_taken = row->lock->taken;
        return;
    }
}

/* A signal that meets nobody may be the one that somebody will wait for. */
static void count_signal(struct thread *self, struct sync_more *more, bool all, uint32_t stack)
{
    word_lock_take(&more->lock);
    uint32_t by = all ? more->inside : more->inside > 0;
    more->inside -= by;
    more->woken += by;
    if (by) {
        more->signal_stack = more->missed_by = 0;
    } else if (!more->woken) {
        more->signal_stack = stack;
        more->signal_thread = self->number;
        note_lock(self, more);
    }
    word_lock_give(&more->lock);
}

void condition_signal(void *condition, bool all, enum condition_age age, const void *frame)
{
    struct thread *self = guard_enter();
    uint32_t stack;
    if (unlikely(!self))
        return;
    struct sync *sync = used(self, condition, age, frame, &stack);
    if (likely(sync)) {
        /* While there is one thread its uses are not kept. */
        count_signal(self, sync->more, all, likely(stack) ? stack : stack_here(self, frame));
        edge_release(self, &sync->clock);
    }
    guard_leave(self);
}

void condition_initialising(void *condition, enum condition_age age, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind((uintptr_t)condition, SYNC_CONDITION);
    if (sync && sync->more && !(sync->flags & SYNC_DESTROYED)) {
        uint32_t stack = stack_here(self, frame);
        if (sync->more->inside)
            cond_misuse_ending(self, sync, true, age == CONDITION_NEW ? CONDITION_SIZE : 0, stack);
        sync_object_ending(self, sync, "It was initialised again, unordered with a use.", stack);
    }
    guard_leave(self);
}

void condition_initialised(void *condition, bool shared, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = object_at(self, (uintptr_t)condition, SYNC_CONDITION);
    if (sync)
        object_made(self, sync, stack_here(self, frame), shared);
    guard_leave(self);
}

void condition_destroying(void *condition, enum condition_age age, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = object_at(self, (uintptr_t)condition, SYNC_CONDITION);
    if (sync) {
        uint32_t stack = stack_here(self, frame);
        if ((sync->flags & SYNC_DESTROYED) && still_destroyed(condition, age))
            cond_misuse_destroyed(self, sync, frame);
        else if (sync->more->inside)
            cond_misuse_ending(self, sync, false, age == CONDITION_NEW ? CONDITION_SIZE : 0, stack);
        sync_object_ending(self, sync, "It was destroyed, unordered with a use.", stack);
        object_destroyed(self, sync, stack);
    }
    guard_leave(self);
}
