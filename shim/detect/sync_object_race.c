#include "detect/sync_object_race.h"

#include "base/recording.h"
#include "base/word_lock.h"
#include "report/finding.h"
#include "report/object.h"
#include "state/stack.h"

static bool judged(const struct thread *self, const struct sync *sync)
{
    return observing.locks && !self->ignore_sync && !(sync->flags & (SYNC_SHARED | SYNC_UNSEEN));
}

static void tell(const struct thread *self, const struct sync *sync, const char *what,
                 uint32_t here, uint32_t earlier, uint32_t earlier_thread)
{
    struct finding finding;
    finding_begin(&finding, KIND_SYNC_OBJECT_RACE, self);
    finding.detail = string_keep(what);
    finding_object(&finding, sync);
    finding_stack(&finding, ROLE_HERE, here, self->number);
    finding_stack(&finding, ROLE_EARLIER, earlier, earlier_thread);
    finding_unordered(&finding);
    finding_tell(&finding);
}

/* A call with the same return address from the same frame mostly has the same stack: it need not be
   walked again. */
static uint64_t place_of(const void *frame)
{
    uint64_t pc = ((const uint64_t *)frame)[1];
    uint64_t at = (uint64_t)(uintptr_t)frame;
    return (pc ^ at << 24 ^ at >> 40) + ((uint64_t)stack_generation() << 52);
}

/* The place for a new use; more->lock held: a free one, else one that this use comes after (of the
   same thread, too). */
static struct sync_use *room(struct thread *self, struct sync_more *more)
{
    struct sync_use *known = &more->uses[0];
    for (struct sync_use *use = more->uses; use < more->uses + SYNC_USES; use++) {
        if (!use->stamp)
            return use;
        if (vclock_knows(&self->clock, use->stamp))
            known = use;
    }
    return known;
}

/* The thread has no use of this place yet. Who takes another's row clears its stamp first, so that
   its thread does not put a new one on what is no longer its own. */
static __attribute__((noinline)) uint32_t add_use(struct thread *self, struct sync_more *more,
                                                  uint64_t place, const void *frame)
{
    uint32_t stack = stack_here(self, frame);
    word_lock_take(&more->lock);
    struct sync_use *use = room(self, more);
    __atomic_store_n(&use->stamp, 0, __ATOMIC_SEQ_CST);
    use->stack = stack;
    use->thread = self->number;
    use->place = place;
    __atomic_store_n(&use->stamp, self->clock.now, __ATOMIC_RELEASE);
    word_lock_give(&more->lock);
    return stack;
}

static inline uint32_t note_use(struct thread *self, struct sync_more *more, uint64_t place,
                                const void *frame)
{
    for (struct sync_use *use = more->uses; use < more->uses + SYNC_USES; use++) {
        stamp_t stamp = __atomic_load_n(&use->stamp, __ATOMIC_ACQUIRE);
        uint32_t stack = use->stack;
        if (use->place != place || use->thread != self->number || !stamp)
            continue;
        if (likely(stamp == self->clock.now ||
                   __atomic_compare_exchange_n(&use->stamp, &stamp, self->clock.now, false,
                                               __ATOMIC_RELAXED, __ATOMIC_RELAXED)))
            return stack;
    }
    return add_use(self, more, place, frame);
}

static __attribute__((noinline)) void made_unordered(struct thread *self, struct sync *sync,
                                                     struct sync_more *more, const void *frame)
{
    __atomic_store_n(&more->made, 0, __ATOMIC_RELAXED);
    tell(self, sync, "It was used by a thread that need not have seen it initialised yet.",
         stack_here(self, frame), sync->init_stack, sync->init_thread);
}

uint32_t sync_object_used(struct thread *self, struct sync *sync, const void *frame)
{
    struct sync_more *more = sync->more;
    if (!more || vclock_alone() || !self->clock.now || !judged(self, sync))
        return 0;
    stamp_t made = __atomic_load_n(&more->made, __ATOMIC_RELAXED);
    if (unlikely(made && !vclock_knows(&self->clock, made)))
        made_unordered(self, sync, more, frame);
    return note_use(self, more, place_of(frame), frame);
}

/* Of those of its thread. */
static bool is_newest(const struct sync_use *uses, uint32_t i)
{
    for (uint32_t j = 0; j < SYNC_USES; j++)
        if (uses[j].thread == uses[i].thread && uses[j].stamp > uses[i].stamp)
            return false;
    return true;
}

void sync_object_ending(struct thread *self, struct sync *sync, const char *what, uint32_t stack)
{
    struct sync_more *more = sync->more;
    if (!more || !judged(self, sync))
        return;
    struct sync_use uses[SYNC_USES];
    word_lock_take(&more->lock);
    for (uint32_t i = 0; i < SYNC_USES; i++)
        uses[i] = more->uses[i];
    word_lock_give(&more->lock);
    for (uint32_t i = 0; i < SYNC_USES; i++)
        if (uses[i].stamp && is_newest(uses, i) && !vclock_knows(&self->clock, uses[i].stamp))
            tell(self, sync, what, stack, uses[i].stack, uses[i].thread);
}

void sync_object_made(struct thread *self, struct sync *sync, uint32_t stack)
{
    sync->init_stack = stack;
    sync->init_thread = self->number;
    if (sync->more)
        sync->more->made = vclock_alone() ? 0 : self->clock.now;
}

/* 0: nothing was released, or self knows of it. */
static stamp_t unknown_release(const struct thread *self, const struct sync_clock *clock)
{
    bool nothing = clock->world != vclock_world || !clock->stamp;
    return nothing || vclock_knows(&self->clock, clock->stamp) ? 0 : clock->stamp;
}

void sync_object_lock_ending(struct thread *self, struct sync *lock, const char *what,
                             uint32_t stack)
{
    if (vclock_alone() || !self->clock.now || !judged(self, lock))
        return;
    stamp_t stamp = unknown_release(self, &lock->clock);
    if (stamp)
        tell(self, lock, what, stack, lock->owner_stack, vclock_thread_of(stamp));
    else if (lock->more && (stamp = unknown_release(self, &lock->more->readers)))
        tell(self, lock, what, stack, 0, vclock_thread_of(stamp));
}

void sync_object_lock_used(struct thread *self, struct sync *lock, const void *frame)
{
    struct sync_more *more = lock->more;
    if (more && more->made && self->clock.now && judged(self, lock) &&
        !vclock_knows(&self->clock, more->made))
        made_unordered(self, lock, more, frame);
}
