/*
 * Waiting for what another thread has to say: conditions, semaphores, barriers.
 *
 * pthread_cond_wait and pthread_cond_timedwait exist twice in libc: @GLIBC_2.2.5 keeps a pointer in
 * the program's pthread_cond_t, @GLIBC_2.3.2 is today's. Ours carry the version GLIBC_2.3.2
 * (symbols.map), so a binary that asks for the old ones gets libc's own, with all of their family.
 */
#include "interpose/blocking.h"

int wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    BLOCKING(WAIT_CONDITION, (uintptr_t)cond, WAIT_FOREVER, real.pthread_cond_wait(cond, mutex),
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
    BLOCKING(WAIT_CONDITION, (uintptr_t)cond, deadline_at(clock_of(cond), until),
             real.pthread_cond_timedwait(cond, mutex, until), result == 0);
}

int wrap_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                const struct timespec *until)
{
    BLOCKING(WAIT_CONDITION, (uintptr_t)cond, deadline_at(clock, until),
             real.pthread_cond_clockwait(cond, mutex, clock, until), result == 0);
}

int wrap_cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    BLOCKING(WAIT_CONDITION, (uintptr_t)cond, WAIT_FOREVER, real.cnd_wait(cond, mutex),
             result == thrd_success);
}

int wrap_cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
    BLOCKING(WAIT_CONDITION, (uintptr_t)cond, deadline_at(CLOCK_REALTIME, until),
             real.cnd_timedwait(cond, mutex, until), result == thrd_success);
}

int wrap_sem_wait(sem_t *semaphore)
{
    BLOCKING(WAIT_SEMAPHORE, (uintptr_t)semaphore, WAIT_FOREVER, real.sem_wait(semaphore),
             result == 0);
}

int wrap_sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    BLOCKING(WAIT_SEMAPHORE, (uintptr_t)semaphore, deadline_at(CLOCK_REALTIME, until),
             real.sem_timedwait(semaphore, until), result == 0);
}

int wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    BLOCKING(WAIT_SEMAPHORE, (uintptr_t)semaphore, deadline_at(clock, until),
             real.sem_clockwait(semaphore, clock, until), result == 0);
}

int wrap_pthread_barrier_wait(pthread_barrier_t *barrier)
{
    BLOCKING(WAIT_BARRIER, (uintptr_t)barrier, WAIT_FOREVER, real.pthread_barrier_wait(barrier),
             result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
}
