#include "detect/lock_held.h"

#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "report/object.h"
#include "state/clock.h"
#include "state/depot.h"
#include "state/held.h"
#include "state/options.h"
#include "state/stack.h"
#include "state/sync.h"

static bool judged(const struct thread *self, const struct held *row)
{
    return observing.locks && !row->inherited && held_is_so(self, row) &&
           !(__atomic_load_n(&row->lock->flags, __ATOMIC_RELAXED) &
             (SYNC_ROBUST | SYNC_SHARED | SYNC_UNSEEN | SYNC_DESTROYED));
}

/* ---- functions that are left without their end ---- */

/* How many frames, from the outermost one on, two stacks have in common; 0 when one does not reach
   it. The call at the next frame of each is one and the same, so that function runs (still, or
   again) on both. */
static uint32_t common(const struct stack_row *a, const struct stack_row *b)
{
    uint32_t same = 0, most;
    if (!a || !b || (a->flags | b->flags) & (STACK_TRUNCATED | STACK_BROKEN))
        return 0;
    most = a->frame_count < b->frame_count ? a->frame_count : b->frame_count;
    while (same < most &&
           a->frames[a->frame_count - 1 - same] == b->frames[b->frame_count - 1 - same])
        same++;
    return same;
}

static void left(struct held *row, enum held_left how, uint32_t stack)
{
    row->left = (uint8_t)how;
    row->left_stack = stack;
}

/* The function that took the lock still runs when it is jumped out of, and the jump goes above it.
 */
void lock_held_jumps(struct thread *self, const void *frame, uintptr_t target)
{
    uintptr_t here = (uintptr_t)frame;
    uint32_t stack = stack_here(self, frame);
    if (here < self->stack_low || target > self->stack_high || target <= here)
        return;
    for (uint32_t i = 0; i < self->held.count; i++) {
        struct held *row = &self->held.rows[i];
        const struct stack_row *taken = depot_row(row->stack);
        uintptr_t sp = row->frame + 2 * sizeof(uintptr_t); /* of its caller, after the call */
        if (taken && sp > here && sp < target &&
            common(taken, depot_row(stack)) + 1 == taken->frame_count)
            left(row, LEFT_BY_JUMP, stack);
    }
}

void lock_held_thrown(struct thread *self, const void *frame)
{
    self->thrown = stack_here(self, frame);
}

/* The innermost function that ran both when the lock was taken and when the exception was thrown
   lies below the one that caught it. */
void lock_held_caught(struct thread *self, const void *frame)
{
    uint32_t thrown = self->thrown;
    self->thrown = 0;
    const struct stack_row *caught = thrown ? depot_row(stack_here(self, frame)) : NULL;
    for (uint32_t i = 0; caught && i < self->held.count; i++) {
        struct held *row = &self->held.rows[i];
        const struct stack_row *taken = depot_row(row->stack);
        if (taken && common(taken, depot_row(thrown)) + 1 > caught->frame_count &&
            common(taken, caught) + 1 >= caught->frame_count)
            left(row, LEFT_BY_EXCEPTION, thrown);
    }
}

/* ---- what is told ---- */

static void tell_held(struct thread *self, const struct held *row, const char *detail)
{
    struct finding finding;
    finding_begin(&finding, KIND_LOCK_HELD, self);
    finding.detail = string_keep(detail);
    finding_object(&finding, row->lock);
    finding_stack(&finding, ROLE_ACQUIRED, row->stack, self->number);
    /* Of a cancelled thread it is whose call that was. */
    bool cancelled = __atomic_load_n(&self->row->flags, __ATOMIC_RELAXED) & THREAD_CANCELED;
    if (row->left)
        finding_stack(&finding, ROLE_HERE, row->left_stack, self->number);
    else
        finding_stack(&finding, ROLE_HERE, self->row->ended_stack, cancelled ? 0 : self->number);
    finding_tell(&finding);
}

static const char *words(const struct held *row, const char *otherwise)
{
    if (row->left == LEFT_BY_JUMP)
        return "A longjmp left the function that took the lock, and skipped the release.";
    return row->left == LEFT_BY_EXCEPTION
               ? "An exception left the function that took the lock or had it taken, and skipped "
                 "the release."
               : otherwise;
}

static const char *thread_words(const struct thread *self, const struct held *row)
{
    if (__atomic_load_n(&self->row->flags, __ATOMIC_RELAXED) & THREAD_CANCELED)
        return "The thread was cancelled, and the release was skipped.";
    if (row->depth > 1)
        return "The thread ended, and had taken the lock more often than released.";
    return self->exiting ? "The thread called pthread_exit while it held the lock."
                         : "The thread ended while it held the lock.";
}

void lock_held_thread_ends(struct thread *self)
{
    for (uint32_t i = 0; i < self->held.count; i++)
        if (judged(self, &self->held.rows[i]))
            tell_held(self, &self->held.rows[i],
                      words(&self->held.rows[i], thread_words(self, &self->held.rows[i])));
}

void lock_held_process_ends(struct thread *self)
{
    if (recording->ending != ENDING_EXIT && recording->ending != ENDING_FAST_EXIT)
        return;
    for (uint32_t i = 0; i < self->held.count; i++)
        if (judged(self, &self->held.rows[i]))
            tell_held(
                self, &self->held.rows[i],
                words(&self->held.rows[i], "The thread that ended the process held the lock."));
}

/* Somebody waits for it now, or began to since. */
static bool waited_for(const struct sync *lock, uint64_t since)
{
    const struct sync_more *more = __atomic_load_n(&lock->more, __ATOMIC_ACQUIRE);
    return more && (__atomic_load_n(&more->waiters, __ATOMIC_RELAXED) ||
                    __atomic_load_n(&more->waiter_time, __ATOMIC_RELAXED) >= since);
}

static void tell_long(struct thread *self, const struct held *row, uint32_t wait_kind)
{
    char words[160];
    struct text text = text_in(words, sizeof words);
    text_add(&text, "The thread waited ");
    text_add_number(&text, (clock_coarse() - self->row->wait_since) / 1000000);
    text_add(&text, " ms for ");
    text_add(&text, wait_info(wait_kind)->phrase);
    text_add(&text, ", and another one for the lock.");
    struct finding finding;
    finding_begin(&finding, KIND_LOCK_HELD_LONG, self);
    finding.detail = string_keep(words);
    finding_object(&finding, row->lock);
    finding_stack(&finding, ROLE_HERE, self->row->wait_stack, self->number);
    finding_stack(&finding, ROLE_ACQUIRED, row->stack, self->number);
    finding_stack(&finding, ROLE_WAITING, row->lock->more->waiter_stack,
                  row->lock->more->waiter_thread);
    finding_tell(&finding);
}

void lock_held_waited(struct thread *self, uint32_t wait_kind)
{
    uint64_t since = self->row->wait_since;
    if (clock_coarse() - since < options.number[OPTION_HOLD_THRESHOLD] * 1000000u)
        return;
    for (uint32_t i = 0; i < self->held.count; i++) {
        const struct held *row = &self->held.rows[i];
        if (observing.locks && held_is_so(self, row) &&
            row->lock->address != self->row->wait_object && waited_for(row->lock, since))
            tell_long(self, row, wait_kind);
    }
}
