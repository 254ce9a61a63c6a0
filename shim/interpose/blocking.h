/*
 * The shape of every wrapper of a call that may block: say what is waited for, call, take it back.
 * Nothing of ours is held meanwhile, so the call may be cancelled, left by longjmp, or never
 * return.
 */
#ifndef HOLDFAST_INTERPOSE_BLOCKING_H
#define HOLDFAST_INTERPOSE_BLOCKING_H

#include "detect/deadlock.h"
#include "interpose/real.h"
#include "state/wait.h"

/* The thread when the wait was noted, NULL otherwise. */
static inline __attribute__((always_inline)) struct thread *
blocking_begin(enum wait_kind kind, uint64_t object, uint64_t deadline, const void *frame)
{
    struct thread *self = guard_enter();
    if (unlikely(!self))
        return NULL;
    bool waits = wait_begin(self, kind, object, deadline, frame);
    if (waits && deadline == WAIT_FOREVER)
        deadlock_look(self);
    guard_leave(self);
    return waits ? self : NULL;
}

/* The body of such a wrapper. woken: an expression of `result` that is true when what was waited
   for came (neither a timeout nor an error). */
#define BLOCKING(kind, object, deadline, call, woken)                                              \
    do {                                                                                           \
        struct thread *waiter = blocking_begin(kind, (uint64_t)(object), deadline, FRAME);         \
        __typeof__(call) result = call;                                                            \
        if (likely(waiter))                                                                        \
            wait_end(waiter, woken);                                                               \
        return result;                                                                             \
    } while (0)

/* Descriptors: any result but an error. */
#define BLOCKING_FD(kind, fd, call) BLOCKING(kind, fd, WAIT_FOREVER, call, result >= 0)

#endif
