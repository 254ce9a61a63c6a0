/*
 * What every wait on a condition does around the real call, whichever the version of libc's
 * function: the mutex changes hands inside it, and what was done before the signal that ends the
 * wait is ordered before what follows.
 */
#ifndef HOLDFAST_INTERPOSE_CONDITION_H
#define HOLDFAST_INTERPOSE_CONDITION_H

#include "interpose/blocking.h"
#include "interpose/lock.h"

struct condition_wait {
    struct thread *self;
    struct sync *condition; /* NULL: not known */
    uint32_t condition_id;
    struct lock_handed mutex;
    const void *frame; /* of the wrapper */
    bool waits;
};

/* Before the wait. Leaves the guard entered when wait->self. */
void condition_enter(struct condition_wait *wait, const void *condition, void *mutex,
                     const void *frame);

/* After it; woken: by somebody, not by time. */
void condition_leave(struct condition_wait *wait, bool woken);

/* It was cancelled: the mutex is the thread's again and its clean-up handlers come next. */
void condition_cancelled(void *wait);

/* Somebody signals: before the real call. */
void condition_signal(const void *condition, bool all, const void *frame);

/* The body of a wait. */
#define CONDITION_WAIT(condition, mutex, deadline, call, woken)                                    \
    do {                                                                                           \
        struct condition_wait wait;                                                                \
        int result;                                                                                \
        condition_enter(&wait, condition, mutex, FRAME);                                           \
        if (unlikely(!wait.self))                                                                  \
            return call;                                                                           \
        wait.waits =                                                                               \
            wait_begin(wait.self, WAIT_CONDITION, (uintptr_t)(condition), deadline, FRAME);        \
        guard_leave(wait.self);                                                                    \
        pthread_cleanup_push(condition_cancelled, &wait);                                          \
        result = call;                                                                             \
        pthread_cleanup_pop(0);                                                                    \
        condition_leave(&wait, woken);                                                             \
        return result;                                                                             \
    } while (0)

#endif
