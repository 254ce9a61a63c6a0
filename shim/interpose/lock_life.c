/* When a lock begins, ends, and is another one at the same address. */
#include <errno.h>

#include "detect/lock_contention.h"
#include "detect/lock_misuse.h"
#include "detect/sync_object_race.h"
#include "interpose/lock.h"
#include "state/lock_word.h"

static bool is_lock(const struct sync *sync)
{
    return sync->kind == SYNC_MUTEX || sync->kind == SYNC_RWLOCK || sync->kind == SYNC_SPIN;
}

static bool owns_row(struct thread *self, const struct sync *sync)
{
    for (uint32_t i = 0; i < self->held.count; i++)
        if (self->held.rows[i].lock == sync && self->held.rows[i].id == sync->id)
            return true;
    return false;
}

/* Stacks, times and stamps of a fork's parent. */
static void forget_past(struct sync_more *more)
{
    more->waits = more->waited = more->longest = more->waiter_time = 0;
    more->waiters = more->waiter_stack = more->waiter_thread = more->reader_count = 0;
    more->destroyed_stack = more->destroyed_thread = 0;
    more->made = 0;
}

/* Made just now, or come over from a fork's parent, where somebody else may hold it. */
static void meet(struct thread *self, struct sync *sync)
{
    if (sync->world) {
        bool ours = owns_row(self, sync);
        if ((sync->owner && !ours) || (sync->more && sync->more->reader_count))
            __atomic_fetch_or(&sync->flags, SYNC_UNSEEN, __ATOMIC_RELAXED);
        sync->owner = ours && sync->owner ? self->number : 0;
        sync->owner_stack = sync->init_stack = sync->init_thread = 0;
        if (sync->more)
            forget_past(sync->more);
    }
    uint16_t flags = lock_word_flags(sync->address, (enum sync_kind)sync->kind);
    __atomic_fetch_or(&sync->flags, flags, __ATOMIC_RELAXED);
    sync->world = vclock_world;
}

static bool is_on_own_stack(const struct thread *self, uintptr_t address)
{
    return address >= self->stack_low && address < self->stack_high;
}

/* Another function's frame lies around the address than when the object was met: it is another one.
   Only its own thread can say; the return address of that frame is a word of its stack. */
static bool frame_changed(const struct thread *self, const struct sync *sync)
{
    const struct sync_more *more = sync->more;
    return more && more->frame_slot && is_on_own_stack(self, sync->address) &&
           *(const uintptr_t *)more->frame_slot != more->frame_pc;
}

static void note_frame(struct thread *self, struct sync *sync, const void *frame)
{
    struct sync_more *more =
        is_on_own_stack(self, sync->address) && is_on_own_stack(self, (uintptr_t)frame)
            ? sync_more(sync)
            : NULL;
    if (more && !more->frame_slot)
        stack_frame_around(self, frame, sync->address, &more->frame_slot, &more->frame_pc);
}

/* What an object goes with: a call that gives its memory up, or (stack 0) its function's return. */
struct gone {
    struct thread *self;
    uint32_t stack;
    const void *frame;
};

#define FREED_UNORDERED "Its memory was given back, unordered with a use."

/* Freed while another thread may still be in a call with it. */
static void gone_unordered(const struct gone *gone, struct sync *sync)
{
    if (is_lock(sync))
        sync_object_lock_ending(gone->self, sync, FREED_UNORDERED, gone->stack);
    else
        sync_object_ending(gone->self, sync, FREED_UNORDERED, gone->stack);
}

static void gone_visit(struct sync *sync, void *with)
{
    const struct gone *gone = with;
    if (gone->stack && !(sync->flags & SYNC_DESTROYED) && sync->world == vclock_world)
        gone_unordered(gone, sync);
    if (!is_lock(sync) || sync->world != vclock_world)
        return;
    lock_contention_keep(sync);
    if (gone->stack &&
        lock_word_read(sync->address, (enum sync_kind)sync->kind).word != LOCK_WORD_TAKEN)
        return;
    struct lock_use use = {gone->self, sync, NULL, gone->stack};
    if (!use.stack)
        use.stack = stack_here(gone->self, gone->frame);
    lock_misuse_gone(&use);
}

void lock_memory_gone(struct thread *self, uintptr_t start, uintptr_t end, uint32_t stack)
{
    struct gone gone = {self, stack, NULL};
    sync_memory_gone(start, end, gone_visit, &gone);
}

/* The wrapper's frame stands above an object on the same stack: the object's function has returned.
 */
void lock_stack_left(struct thread *self, const void *frame)
{
    uintptr_t here = (uintptr_t)frame;
    if (!is_on_own_stack(self, here))
        return;
    uintptr_t low = __atomic_exchange_n(&self->sync_low, here, __ATOMIC_RELAXED);
    struct gone gone = {self, 0, frame};
    sync_memory_gone(low, here, gone_visit, &gone);
}

/* As destroy left it: its memory says so, of a mutex alone. */
static bool is_destroyed(const struct sync *sync)
{
    return sync->kind == SYNC_MUTEX && sync->flags & SYNC_DESTROYED &&
           sync->world == vclock_world &&
           lock_word_read(sync->address, SYNC_MUTEX).word == LOCK_WORD_UNKNOWN;
}

struct sync *lock_look(const struct lock_call *call, struct thread *self, struct sync *sync)
{
    if (sync->flags & SYNC_ON_STACK && frame_changed(self, sync)) {
        struct gone gone = {self, 0, call->frame};
        gone_visit(sync, &gone);
        sync_renew(sync, (enum sync_kind)call->kind);
    }
    /* A mutex that is not as destroy left it: the program has put a new one there. */
    if (sync->flags & SYNC_DESTROYED && sync->world == vclock_world) {
        struct lock_use use = {self, sync, call->called, stack_here(self, call->frame)};
        if (sync->kind != SYNC_MUTEX)
            lock_misuse_destroyed(&use);
        else if (!is_destroyed(sync))
            sync_renew(sync, SYNC_MUTEX);
    }
    if (sync->world != vclock_world)
        meet(self, sync);
    if (sync->flags & SYNC_NEW && self->number != sync->init_thread) {
        __atomic_fetch_and(&sync->flags, (uint16_t)~SYNC_NEW, __ATOMIC_RELAXED);
        sync_object_lock_used(self, sync, call->frame);
    }
    if (sync->flags & SYNC_ON_STACK)
        note_frame(self, sync, call->frame);
    return sync;
}

void lock_initialising(struct lock_call *call)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (locks_watched()) {
        if ((uintptr_t)call->frame > self->sync_low)
            lock_stack_left(self, call->frame);
        struct sync *sync = sync_find(call->address);
        uint32_t stack = stack_here(self, call->frame);
        struct lock_use use = {self, sync, call->called, stack};
        if (sync && is_lock(sync) && sync->world == vclock_world &&
            !(sync->flags & SYNC_DESTROYED) && !frame_changed(self, sync)) {
            lock_misuse_initialising(&use);
            lock_contention_keep(sync);
        }
        sync = sync_get(self, call->address, (enum sync_kind)call->kind);
        if (sync) {
            sync_renew(sync, (enum sync_kind)call->kind);
            sync->init_stack = stack;
            sync->init_thread = self->number;
        }
    }
    guard_leave(self);
}

void lock_initialised(const struct lock_call *call, int error, uint16_t more)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind(call->address, (enum sync_kind)call->kind);
    if (sync && error == 0) {
        uint32_t stack = sync->init_stack, thread = sync->init_thread;
        meet(self, sync);
        sync->init_stack = stack;
        sync->init_thread = thread;
        __atomic_fetch_or(&sync->flags, more | SYNC_INITIALISED, __ATOMIC_RELAXED);
        if (!vclock_alone() && sync_more(sync)) {
            sync_object_made(self, sync, stack);
            __atomic_fetch_or(&sync->flags, SYNC_NEW, __ATOMIC_RELAXED);
        }
        if (sync->flags & SYNC_ON_STACK)
            note_frame(self, sync, call->frame);
    } else if (sync) {
        sync_retire(sync);
    }
    guard_leave(self);
    if (error)
        lock_failed(call, error);
}

static void destroying(struct lock_call *call, struct thread *self)
{
    struct lock_use use = {self, sync_find_kind(call->address, (enum sync_kind)call->kind),
                           call->called, stack_here(self, call->frame)};
    if (use.lock && is_destroyed(use.lock)) {
        lock_misuse_destroyed(&use);
        return;
    }
    use.lock = lock_object(call, self);
    struct sync_more *more = use.lock ? sync_more(use.lock) : NULL;
    if (!more || use.lock->flags & SYNC_DESTROYED)
        return;
    if (!lock_misuse_destroying(&use))
        sync_object_lock_ending(self, use.lock, "It was destroyed while a thread may use it.",
                                use.stack);
    lock_contention_keep(use.lock);
    more->waited = more->waits = 0;
    more->destroyed_stack = use.stack;
    more->destroyed_thread = self->number;
    __atomic_fetch_or(&use.lock->flags, SYNC_DESTROYED, __ATOMIC_RELAXED);
}

void lock_destroying(struct lock_call *call)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (locks_watched())
        destroying(call, self);
    guard_leave(self);
}

void lock_destroyed(const struct lock_call *call, int error)
{
    if (likely(error == 0))
        return;
    struct sync *sync = sync_find_kind(call->address, (enum sync_kind)call->kind);
    if (sync)
        __atomic_fetch_and(&sync->flags, (uint16_t)~SYNC_DESTROYED, __ATOMIC_RELAXED);
    lock_failed(call, error);
}
