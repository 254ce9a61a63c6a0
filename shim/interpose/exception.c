/*
 * C++ exceptions, for the locks that they skip the release of: where one was thrown by a thread
 * that holds locks, and where it was caught. Destructors have run by then, so locks of guard
 * objects are released.
 */
#include "detect/lock_held.h"
#include "interpose/cxx_runtime.h"

static inline struct thread *holder(void)
{
    struct thread *self = thread_current;
    return unlikely(self && self->held.count) ? guard_enter() : NULL;
}

static void thrown(const void *frame)
{
    struct thread *self = holder();
    if (likely(!self))
        return;
    lock_held_thrown(self, frame);
    guard_leave(self);
}

void wrap___cxa_throw(void *object, void *type, void (*destructor)(void *))
{
    thrown(FRAME);
    CXX_RUNTIME(__cxa_throw)(object, type, destructor);
}

void wrap___cxa_rethrow(void)
{
    thrown(FRAME);
    CXX_RUNTIME(__cxa_rethrow)();
}

void *wrap___cxa_begin_catch(void *object)
{
    struct thread *self = holder();
    if (unlikely(self)) {
        lock_held_caught(self, FRAME);
        guard_leave(self);
    }
    __typeof__(wrap___cxa_begin_catch) *call = CXX_RUNTIME(__cxa_begin_catch);
    return call(object);
}
