/*
 * Waiting for locks. A lock that is free is taken by its try function and nothing is noted;
 * whatever a try says but "busy" is what the lock function would have said (recursion, EOWNERDEAD
 * of a robust mutex, EAGAIN, EINVAL), and when it is busy the lock function itself judges
 * (EDEADLK). Timed calls go straight to the real one: it checks clock and time first.
 */
#include <errno.h>

#include "interpose/blocking.h"

int wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int error = real.pthread_mutex_trylock(mutex);
    if (likely(error != EBUSY))
        return error;
    BLOCKING(WAIT_MUTEX, (uintptr_t)mutex, WAIT_FOREVER, real.pthread_mutex_lock(mutex),
             result == 0);
}

int wrap_pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
    BLOCKING(WAIT_MUTEX, (uintptr_t)mutex, deadline_at(CLOCK_REALTIME, until),
             real.pthread_mutex_timedlock(mutex, until), result == 0);
}

int wrap_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                 const struct timespec *until)
{
    BLOCKING(WAIT_MUTEX, (uintptr_t)mutex, deadline_at(clock, until),
             real.pthread_mutex_clocklock(mutex, clock, until), result == 0);
}

int wrap_mtx_lock(mtx_t *mutex)
{
    int answer = real.mtx_trylock(mutex);
    if (likely(answer != thrd_busy))
        return answer;
    BLOCKING(WAIT_MUTEX, (uintptr_t)mutex, WAIT_FOREVER, real.mtx_lock(mutex),
             result == thrd_success);
}

int wrap_mtx_timedlock(mtx_t *mutex, const struct timespec *until)
{
    BLOCKING(WAIT_MUTEX, (uintptr_t)mutex, deadline_at(CLOCK_REALTIME, until),
             real.mtx_timedlock(mutex, until), result == thrd_success);
}

int wrap_pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    int error = real.pthread_rwlock_tryrdlock(lock);
    if (likely(error != EBUSY))
        return error;
    BLOCKING(WAIT_RWLOCK_READ, (uintptr_t)lock, WAIT_FOREVER, real.pthread_rwlock_rdlock(lock),
             result == 0);
}

int wrap_pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    BLOCKING(WAIT_RWLOCK_READ, (uintptr_t)lock, deadline_at(CLOCK_REALTIME, until),
             real.pthread_rwlock_timedrdlock(lock, until), result == 0);
}

int wrap_pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                    const struct timespec *until)
{
    BLOCKING(WAIT_RWLOCK_READ, (uintptr_t)lock, deadline_at(clock, until),
             real.pthread_rwlock_clockrdlock(lock, clock, until), result == 0);
}

int wrap_pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    int error = real.pthread_rwlock_trywrlock(lock);
    if (likely(error != EBUSY))
        return error;
    BLOCKING(WAIT_RWLOCK_WRITE, (uintptr_t)lock, WAIT_FOREVER, real.pthread_rwlock_wrlock(lock),
             result == 0);
}

int wrap_pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    BLOCKING(WAIT_RWLOCK_WRITE, (uintptr_t)lock, deadline_at(CLOCK_REALTIME, until),
             real.pthread_rwlock_timedwrlock(lock, until), result == 0);
}

int wrap_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                    const struct timespec *until)
{
    BLOCKING(WAIT_RWLOCK_WRITE, (uintptr_t)lock, deadline_at(clock, until),
             real.pthread_rwlock_clockwrlock(lock, clock, until), result == 0);
}

int wrap_pthread_spin_lock(pthread_spinlock_t *lock)
{
    int error = real.pthread_spin_trylock(lock);
    if (likely(error != EBUSY))
        return error;
    BLOCKING(WAIT_SPIN, (uintptr_t)lock, WAIT_FOREVER, real.pthread_spin_lock(lock), result == 0);
}

/* The try functions never wait; they stand here because the functions above call the real ones. */
int wrap_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    return real.pthread_mutex_trylock(mutex);
}

int wrap_mtx_trylock(mtx_t *mutex)
{
    return real.mtx_trylock(mutex);
}

int wrap_pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
    return real.pthread_rwlock_tryrdlock(lock);
}

int wrap_pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
    return real.pthread_rwlock_trywrlock(lock);
}

int wrap_pthread_spin_trylock(pthread_spinlock_t *lock)
{
    return real.pthread_spin_trylock(lock);
}
