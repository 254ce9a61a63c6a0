/*
 * The guards of C++'s static variables (Itanium C++ ABI, 3.3.3): __cxa_guard_acquire says whether
 * the caller has to initialise, and waits while another thread does; release and abort end that. A
 * guard that code finds set by itself is not asked here: state/initialiser.h.
 */
#include "detect/deadlock.h"
#include "detect/once_misuse.h"
#include "interpose/blocking.h"
#include "interpose/cxx_runtime.h"
#include "interpose/object.h"
#include "state/edge.h"
#include "state/initialiser.h"
#include "state/stack.h"

/* libstdc++'s byte 1 of a guard: somebody initialises (libsupc++/guard.cc). */
static bool is_pending(const uint64_t *guard)
{
    return __atomic_load_n((const uint8_t *)guard + 1, __ATOMIC_RELAXED) & 1;
}

/* This thread has to initialise. */
static void begins(struct thread *self, struct sync *sync, const void *frame)
{
    sync->owner_stack = stack_here(self, frame);
    __atomic_store_n(&sync->owner, self->number, __ATOMIC_RELAXED);
    if (!vclock_alone())
        sync->more->made = initialiser_begin(self);
}

/* What compiled code reads as an atomic variable when it looks at the guard by itself: with its
   size and who has released into it, as compiled/order.c keeps them. */
static struct sync *atomic_of(struct thread *self, uint64_t *guard)
{
    struct sync *sync = sync_get(self, (uintptr_t)guard, SYNC_ATOMIC);
    if (sync) {
        sync->owner_stack |= 1u << self->number % 32;
        sync->owner = sizeof *guard;
    }
    return sync;
}

static int acquired(uint64_t *guard, int result, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return result;
    struct sync *sync = object_at(self, (uintptr_t)guard, SYNC_GUARD);
    if (sync && result)
        begins(self, sync, frame);
    else if (sync)
        edge_acquire(self, &sync->clock);
    guard_leave(self);
    return result;
}

int wrap___cxa_guard_acquire(uint64_t *guard)
{
    __typeof__(wrap___cxa_guard_acquire) *call = CXX_RUNTIME(__cxa_guard_acquire);
    bool waits = false;
    struct thread *self = guard_enter();
    if (self) {
        struct sync *sync = object_at(self, (uintptr_t)guard, SYNC_GUARD);
        if (sync && is_pending(guard)) {
            if (sync->owner == self->number)
                once_misuse_recursive(self, sync, FRAME);
            waits = wait_begin(self, WAIT_ONCE, (uintptr_t)guard, WAIT_FOREVER, FRAME);
            if (waits)
                deadlock_look(self);
        }
        guard_leave(self);
    }
    int result = call(guard);
    if (waits)
        wait_end(self, true);
    return acquired(guard, result, FRAME);
}

/* Guard entered. */
static void ends(struct thread *self, uint64_t *guard, bool done)
{
    struct sync *sync = object_at(self, (uintptr_t)guard, SYNC_GUARD);
    if (!sync)
        return;
    __atomic_store_n(&sync->owner, 0, __ATOMIC_RELAXED);
    if (sync->more->made)
        initialiser_end(self, sync->more->made);
    sync->more->made = 0;
    if (!done)
        return;
    struct sync *atomic = atomic_of(self, guard);
    if (atomic)
        edge_release(self, &atomic->clock);
    edge_release(self, &sync->clock);
}

static void ending(uint64_t *guard, bool done)
{
    struct thread *self = guard_enter();
    if (self) {
        ends(self, guard, done);
        guard_leave(self);
    }
}

void wrap___cxa_guard_release(uint64_t *guard)
{
    ending(guard, true);
    CXX_RUNTIME(__cxa_guard_release)(guard);
}

void wrap___cxa_guard_abort(uint64_t *guard)
{
    ending(guard, false);
    CXX_RUNTIME(__cxa_guard_abort)(guard);
}
