/*
 * What every call on a condition does around the real one, whichever the version of libc's
 * function: the mutex changes hands inside a wait, and what was done before the signal that ends
 * the wait is ordered before what follows.
 *
 * Which signal wakes whom nobody can say, so a wait that is woken comes after all that were given:
 * an edge too many, never one too few.
 */
#ifndef HOLDFAST_INTERPOSE_CONDITION_H
#define HOLDFAST_INTERPOSE_CONDITION_H

#include "detect/deadlock.h"
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

/* Whose memory tells whether it was destroyed: today's kind, not the one that keeps a pointer. */
enum condition_age { CONDITION_NEW, CONDITION_OLD };

/* Before the wait. Leaves the guard entered when wait->self is set. */
void condition_enter(struct condition_wait *wait, void *condition, void *mutex,
                     enum condition_age age, const void *frame);

/* The wait is published; guard entered. */
void condition_published(struct condition_wait *wait, void *mutex);

/* After it; woken: by somebody, not by time. */
void condition_leave(struct condition_wait *wait, bool woken);

/* It was cancelled: the mutex is the thread's again and its clean-up handlers come next. */
void condition_cancelled(void *wait);

/* Somebody signals: before the real call. */
void condition_signal(void *condition, bool all, enum condition_age age, const void *frame);

/* After an initialisation that succeeded; before it, initialised again. */
void condition_initialising(void *condition, enum condition_age age, const void *frame);
void condition_initialised(void *condition, bool shared, const void *frame);

/* Before a destruction. */
void condition_destroying(void *condition, enum condition_age age, const void *frame);

/* The body of a wait. */
#define CONDITION_WAIT(condition, mutex, age, deadline, call, was_woken)                           \
    do {                                                                                           \
        struct condition_wait wait;                                                                \
        int result;                                                                                \
        uint64_t until_ = deadline;                                                                \
        condition_enter(&wait, condition, mutex, age, FRAME);                                      \
        if (unlikely(!wait.self))                                                                  \
            return call;                                                                           \
        wait.waits = wait_begin(wait.self, WAIT_CONDITION, (uintptr_t)(condition), until_, FRAME); \
        condition_published(&wait, mutex);                                                         \
        if (until_ == WAIT_FOREVER && wait.waits)                                                  \
            deadlock_look(wait.self);                                                              \
        guard_leave(wait.self);                                                                    \
        pthread_cleanup_push(condition_cancelled, &wait);                                          \
        result = call;                                                                             \
        pthread_cleanup_pop(0);                                                                    \
        condition_leave(&wait, was_woken);                                                         \
        return result;                                                                             \
    } while (0)

#endif
