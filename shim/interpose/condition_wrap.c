/* Conditions of POSIX and of C11 (which libc implements past our wrappers of the former). */
#include "interpose/condition.h"

int wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    CONDITION_WAIT(cond, mutex, WAIT_FOREVER, real.pthread_cond_wait(cond, mutex), result == 0);
}

/* The condition's own clock, as its attributes said: glibc keeps it in the second lowest bit of
   __wrefs (nptl/pthread_cond_common.c). */
static clockid_t clock_of(const pthread_cond_t *cond)
{
    uint32_t bits = __atomic_load_n(&cond->__data.__wrefs, __ATOMIC_RELAXED);
    return bits & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

int wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                const struct timespec *until)
{
    CONDITION_WAIT(cond, mutex, deadline_at(clock_of(cond), until),
                   real.pthread_cond_timedwait(cond, mutex, until), result == 0);
}

int wrap_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                const struct timespec *until)
{
    CONDITION_WAIT(cond, mutex, deadline_at(clock, until),
                   real.pthread_cond_clockwait(cond, mutex, clock, until), result == 0);
}

int wrap_pthread_cond_signal(pthread_cond_t *cond)
{
    condition_signal(cond, false, FRAME);
    return real.pthread_cond_signal(cond);
}

int wrap_pthread_cond_broadcast(pthread_cond_t *cond)
{
    condition_signal(cond, true, FRAME);
    return real.pthread_cond_broadcast(cond);
}

int wrap_cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    CONDITION_WAIT(cond, mutex, WAIT_FOREVER, real.cnd_wait(cond, mutex), result == thrd_success);
}

int wrap_cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
    CONDITION_WAIT(cond, mutex, deadline_at(CLOCK_REALTIME, until),
                   real.cnd_timedwait(cond, mutex, until), result == thrd_success);
}

int wrap_cnd_signal(cnd_t *cond)
{
    condition_signal(cond, false, FRAME);
    return real.cnd_signal(cond);
}

int wrap_cnd_broadcast(cnd_t *cond)
{
    condition_signal(cond, true, FRAME);
    return real.cnd_broadcast(cond);
}
