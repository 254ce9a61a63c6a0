#include "interpose/lock.h"

#include <errno.h>

#include "base/memory.h"
#include "detect/fork_hazard.h"
#include "detect/handler_misuse.h"
#include "detect/lock_misuse.h"
#include "detect/lock_order.h"
#include "state/clock.h"
#include "state/edge.h"

/* Something happens to a lock and we cannot follow it: this thread is inside the shim (we are a
   signal handler), or its child shares our memory (vfork). */
static __attribute__((noinline)) void unseen(const struct lock_call *call)
{
    struct sync *sync = observing.on && locks_watched() ? sync_find(call->address) : NULL;
    if (sync)
        __atomic_fetch_or(&sync->flags, SYNC_UNSEEN, __ATOMIC_RELAXED);
}

/* What was released into the lock is known to who has taken it. */
static inline void acquire(struct thread *self, struct sync *sync, enum held_mode mode)
{
    vclock_acquire(&self->clock, &sync->clock);
    bool has_readers = sync->kind == SYNC_RWLOCK || sync->kind == SYNC_ANNOTATED_LOCK;
    if (unlikely(has_readers) && mode == HELD_WRITE && sync->more) {
        /* All readers are out, and the next release of a writer will say what they said. */
        vclock_acquire(&self->clock, &sync->more->readers);
        vclock_clear(&sync->more->readers);
    }
}

static inline void release(struct thread *self, struct sync *sync, enum held_mode mode)
{
    struct sync_more *more = mode == HELD_READ ? sync_more(sync) : NULL;
    if (likely(mode == HELD_WRITE))
        vclock_release_inside(&self->clock, &sync->clock, sync_inside(sync));
    else if (more)
        vclock_release_join(&self->clock, &more->readers);
}

static inline void count_readers(struct sync *sync, int by)
{
    struct sync_more *more = sync_more(sync);
    if (more)
        __atomic_fetch_add(&more->reader_count, (uint32_t)by, __ATOMIC_RELAXED);
}

/* Whatever was missed: nobody else holds it now. */
static __attribute__((noinline)) void seen_again(struct sync *sync)
{
    if (sync->more)
        __atomic_store_n(&sync->more->reader_count, 0, __ATOMIC_RELAXED);
    if (!(sync->flags & SYNC_SHARED))
        __atomic_fetch_and(&sync->flags, (uint16_t)~SYNC_UNSEEN, __ATOMIC_RELAXED);
}

static inline void took(struct thread *self, struct sync *sync, enum held_mode mode, bool tried,
                        uint32_t stack, const void *frame)
{
    if (unlikely(self->held.count)) {
        struct held *row = held_find(self, sync);
        if (row) {
            row->depth++;
            return;
        }
        lock_order_taken(self, sync, mode, tried, stack);
    }
    if (likely(!vclock_alone() && !self->ignore_sync))
        acquire(self, sync, mode);
    struct held *row = held_add_new(self, sync, mode, stack);
    if (row) {
        row->tried = tried;
        row->frame = (uintptr_t)frame;
    }
    if (likely(mode == HELD_WRITE)) {
        if (unlikely(sync->flags & SYNC_UNSEEN))
            seen_again(sync);
        sync->taken++;
        sync->owner_stack = stack;
        __atomic_store_n(&sync->owner, self->number, __ATOMIC_RELAXED);
    } else {
        count_readers(sync, 1);
    }
}

/* A thread's locks by address, two places for each: the three tables that lead to them
   (state/sync.c) are cold when a program does other things in between. Larger once it has missed as
   often as it has places. */
#define LOCKS_LEAST 64u
#define LOCKS_MOST  4096u

static inline struct known_lock *known_pair(const struct thread *self, uintptr_t address)
{
    return &self->locks[(uint32_t)(address >> 3) * 2654435769u >> 20 & self->locks_mask];
}

static void locks_grow(struct thread *self)
{
    uint32_t had = self->locks_mask + 2, size = had < LOCKS_LEAST ? LOCKS_LEAST : had * 8;
    size_t bytes = size * sizeof *self->locks;
    struct known_lock *made = size > LOCKS_LEAST ? pages_map(bytes) : arena_alloc(bytes);
    self->locks_missed = 0;
    if (!made)
        return;
    struct known_lock *old = self->locks;
    self->locks = made;
    self->locks_mask = size - 2;
    if (had > LOCKS_LEAST)
        pages_unmap(old, had * sizeof *old);
}

static __attribute__((noinline)) struct sync *find_unknown(struct thread *self,
                                                           const struct lock_call *call)
{
    struct sync *sync = sync_find_kind(call->address, (enum sync_kind)call->kind);
    if (!sync)
        return NULL;
    if (++self->locks_missed > self->locks_mask && self->locks_mask < LOCKS_MOST - 2)
        locks_grow(self);
    struct known_lock *pair = known_pair(self, call->address);
    pair[1] = pair[0];
    pair[0] = (struct known_lock){call->address, sync};
    return sync;
}

/* The object that the thread met at the call's address; it may be another's by now. */
static inline struct sync *known_object(struct thread *self, const struct lock_call *call)
{
    const struct known_lock *pair = known_pair(self, call->address);
    if (likely(pair[0].address == call->address))
        return pair[0].sync;
    return likely(pair[1].address == call->address) ? pair[1].sync : find_unknown(self, call);
}

/* What is written while the lock is held and before it is given up, each of it as cold as the lock:
   all is fetched at once, and while the lock is. */
static inline void expect(const struct thread *self, const struct sync *sync)
{
    const char *at = (const char *)sync, *known = (const char *)self->clock.known;
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + 64, 1);
    __builtin_prefetch(at + 128, 1);
    __builtin_prefetch(known);
    __builtin_prefetch(known + 64);
    if (!self->held.count)
        lock_order_expect(self, sync);
}

void lock_trying(struct lock_call *call)
{
    __builtin_prefetch((const void *)call->address, 1);
    struct thread *self = guard_enter();
    if (unlikely(!self))
        return;
    if (likely(locks_watched())) {
        call->lock = (uintptr_t)call->frame <= self->sync_low ? known_object(self, call) : NULL;
        if (call->lock)
            expect(self, call->lock);
        call->stack = lock_stack(self, call->frame);
    }
    guard_leave(self);
}

/* The object that was found before the lock was taken is the call's, and nothing of it is odd. */
static inline bool is_usual(const struct lock_call *call)
{
    const struct sync *sync = call->lock;
    return sync && sync->address == call->address && sync->kind == call->kind &&
           sync->world == vclock_world && !(sync->flags & LOCK_ODD);
}

/* There was none, or it is odd, or the thread knew of one that is another's now. */
static __attribute__((noinline)) struct sync *find_again(struct thread *self,
                                                         const struct lock_call *call)
{
    struct sync *sync = lock_object(call, self);
    struct known_lock *pair = known_pair(self, call->address);
    for (int i = 0; sync && i < 2; i++)
        if (pair[i].address == call->address)
            pair[i].sync = sync;
    return sync;
}

void lock_taken(const struct lock_call *call)
{
    struct thread *self = guard_enter();
    if (unlikely(!self)) {
        unseen(call);
        return;
    }
    handler_unsafe_call(self, call->called, call->frame);
    struct sync *sync = NULL;
    if (likely(locks_watched()))
        sync = likely(is_usual(call)) ? call->lock : find_again(self, call);
    if (likely(sync))
        took(self, sync, (enum held_mode)call->mode, call->tried,
             likely(call->stack) ? call->stack : lock_stack(self, call->frame), call->frame);
    guard_leave(self);
}

static inline void give(struct thread *self, struct held *row)
{
    struct sync *sync = row->lock;
    enum held_mode mode = (enum held_mode)row->mode;
    if (unlikely(row->depth > 1)) {
        row->depth--;
        return;
    }
    if (likely(!vclock_alone() && !self->ignore_sync))
        release(self, sync, mode);
    if (likely(mode == HELD_WRITE))
        __atomic_store_n(&sync->owner, 0, __ATOMIC_RELAXED);
    else
        count_readers(sync, -1);
    held_remove(self, row);
}

static bool is_lock(const struct sync *sync)
{
    return sync->kind == SYNC_MUTEX || sync->kind == SYNC_RWLOCK || sync->kind == SYNC_SPIN;
}

/* A lock that we did not see self take. Whatever it is: what it did until now may be known to who
   takes the lock next. */
static void give_unheld(struct lock_call *call, struct thread *self, struct sync *sync)
{
    bool ours;
    struct lock_use use = {self, sync, call->called, stack_here(self, call->frame)};
    call->told = lock_misuse_unlock(&use, &ours);
    edge_acquire(self, &sync->clock);
    edge_release(self, &sync->clock);
    /* Which of the readers holds it no more nobody knows. */
    if (call->told && !sync->owner)
        __atomic_fetch_or(&sync->flags, SYNC_UNSEEN, __ATOMIC_RELAXED);
    if (ours || call->told)
        __atomic_store_n(&sync->owner, 0, __ATOMIC_RELAXED);
}

/* Not the newest lock that is held, or none that we know to be held. */
static __attribute__((noinline)) void give_slow(struct lock_call *call, struct thread *self)
{
    struct sync *sync = sync_find(call->address);
    struct held *row = sync ? held_find(self, sync) : NULL;
    if (row && sync->kind != call->kind && is_lock(sync)) {
        struct lock_use use = {self, sync, call->called, stack_here(self, call->frame)};
        lock_misuse_family(&use, row);
        call->told = true;
        return;
    }
    sync = lock_object(call, self);
    row = sync ? held_find(self, sync) : NULL;
    if (row)
        give(self, row);
    else if (sync)
        give_unheld(call, self, sync);
}

void lock_giving(struct lock_call *call)
{
    struct thread *self = guard_enter();
    if (unlikely(!self)) {
        unseen(call);
        return;
    }
    if (likely(locks_watched())) {
        struct held_set *set = &self->held;
        struct held *row = &set->rows[set->count - 1];
        if (likely(set->count && row->lock->address == call->address && held_is_so(self, row) &&
                   row->lock->kind == call->kind))
            give(self, row);
        else
            give_slow(call, self);
    }
    guard_leave(self);
}

void lock_failed(const struct lock_call *call, int error)
{
    if (error != EDEADLK && error != EPERM && error != EINVAL && error != EBUSY)
        return;
    struct thread *self = call->told ? NULL : guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind(call->address, (enum sync_kind)call->kind);
    if (!sync && locks_watched())
        sync = lock_object(call, self);
    if (sync && locks_watched()) {
        struct lock_use use = {self, sync, call->called, stack_here(self, call->frame)};
        lock_misuse_error(&use, error);
    }
    guard_leave(self);
}

void lock_wait_prepare(struct lock_wait *wait, const struct lock_call *call, uint64_t deadline)
{
    struct thread *self = guard_enter();
    *wait = (struct lock_wait){.self = self};
    if (unlikely(!self) || !locks_watched())
        return;
    struct sync *sync = lock_object(call, self);
    struct sync_more *more = sync ? sync_more(sync) : NULL;
    if (!more)
        return;
    wait->lock = sync;
    wait->id = sync->id;
    wait->since = clock_now();
    wait->timed = deadline != WAIT_FOREVER;
    uint32_t stack = call->stack ? call->stack : stack_here(self, call->frame);
    self->stack_frame = call->frame;
    self->stack_known = stack;
    more->waiter_stack = stack;
    more->waiter_thread = self->number;
    __atomic_store_n(&more->waiter_time, clock_coarse(), __ATOMIC_RELAXED);
    __atomic_fetch_add(&more->waiters, 1, __ATOMIC_RELAXED);
    fork_hazard_wait(self, sync, stack);
}

static void count_wait(struct sync_more *more, uint64_t waited)
{
    __atomic_fetch_add(&more->waits, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&more->waited, waited, __ATOMIC_RELAXED);
    uint64_t longest = __atomic_load_n(&more->longest, __ATOMIC_RELAXED);
    while (waited > longest && !__atomic_compare_exchange_n(&more->longest, &longest, waited, false,
                                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

void lock_wait_end(struct lock_wait *wait, bool got)
{
    /* A handler on top of the wait forked, and this is the child: the wait was its parent's. */
    if (unlikely(!wait->self || wait->self != thread_current))
        return;
    if (likely(wait->published))
        wait_end(wait->self, got);
    struct thread *self = wait->lock ? guard_enter() : NULL;
    if (unlikely(!self))
        return;
    struct sync_more *more = wait->lock->id == wait->id ? wait->lock->more : NULL;
    if (likely(more))
        __atomic_fetch_sub(&more->waiters, 1, __ATOMIC_RELAXED);
    if (likely(more && (got || wait->timed))) /* else it was refused */
        count_wait(more, clock_now() - wait->since);
    guard_leave(self);
}

void lock_given_up(struct thread *self, pthread_mutex_t *mutex, const void *frame,
                   struct lock_handed *ret_handed)
{
    *ret_handed = (struct lock_handed){0};
    struct lock_call call = {.address = (uintptr_t)mutex, .frame = frame, .kind = SYNC_MUTEX};
    struct sync *sync = locks_watched() ? lock_object(&call, self) : NULL;
    if (!sync)
        return;
    struct held *row = held_find(self, sync);
    *ret_handed = (struct lock_handed){
        .mutex = sync, .id = sync->id, .held = row != NULL, .stack = row ? row->stack : 0};
    if (row)
        give(self, row);
}

void lock_taken_again(struct thread *self, const struct lock_handed *handed, const void *frame)
{
    struct sync *sync = handed->mutex;
    if (sync && sync->id == handed->id)
        took(self, sync, HELD_WRITE, false, lock_stack(self, frame), frame);
}
