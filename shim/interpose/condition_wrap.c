/* Conditions of POSIX and of C11 (which libc implements past our wrappers of the former). */
#include "interpose/condition.h"

static bool is_shared(const pthread_condattr_t *attr)
{
    int shared = PTHREAD_PROCESS_PRIVATE;
    if (attr)
        pthread_condattr_getpshared(attr, &shared);
    return shared != PTHREAD_PROCESS_PRIVATE;
}

int wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
    condition_initialising(cond, CONDITION_NEW, FRAME);
    int error = real.pthread_cond_init(cond, attr);
    if (error == 0)
        condition_initialised(cond, is_shared(attr), FRAME);
    return error;
}

int wrap_pthread_cond_destroy(pthread_cond_t *cond)
{
    condition_destroying(cond, CONDITION_NEW, FRAME);
    return real.pthread_cond_destroy(cond);
}

int wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    CONDITION_WAIT(cond, mutex, CONDITION_NEW, WAIT_FOREVER, real.pthread_cond_wait(cond, mutex),
                   result == 0);
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
    CONDITION_WAIT(cond, mutex, CONDITION_NEW, deadline_at(clock_of(cond), until),
                   real.pthread_cond_timedwait(cond, mutex, until), result == 0);
}

int wrap_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                const struct timespec *until)
{
    CONDITION_WAIT(cond, mutex, CONDITION_NEW, deadline_at(clock, until),
                   real.pthread_cond_clockwait(cond, mutex, clock, until), result == 0);
}

int wrap_pthread_cond_signal(pthread_cond_t *cond)
{
    condition_signal(cond, false, CONDITION_NEW, FRAME);
    return real.pthread_cond_signal(cond);
}

int wrap_pthread_cond_broadcast(pthread_cond_t *cond)
{
    condition_signal(cond, true, CONDITION_NEW, FRAME);
    return real.pthread_cond_broadcast(cond);
}

int wrap_cnd_init(cnd_t *cond)
{
    condition_initialising(cond, CONDITION_NEW, FRAME);
    int result = real.cnd_init(cond);
    if (result == thrd_success)
        condition_initialised(cond, false, FRAME);
    return result;
}

void wrap_cnd_destroy(cnd_t *cond)
{
    condition_destroying(cond, CONDITION_NEW, FRAME);
    real.cnd_destroy(cond);
}

int wrap_cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    CONDITION_WAIT(cond, mutex, CONDITION_NEW, WAIT_FOREVER, real.cnd_wait(cond, mutex),
                   result == thrd_success);
}

int wrap_cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
    CONDITION_WAIT(cond, mutex, CONDITION_NEW, deadline_at(CLOCK_REALTIME, until),
                   real.cnd_timedwait(cond, mutex, until), result == thrd_success);
}

int wrap_cnd_signal(cnd_t *cond)
{
    condition_signal(cond, false, CONDITION_NEW, FRAME);
    return real.cnd_signal(cond);
}

int wrap_cnd_broadcast(cnd_t *cond)
{
    condition_signal(cond, true, CONDITION_NEW, FRAME);
    return real.cnd_broadcast(cond);
}
