/* Read-write locks. A try of theirs says "busy" where the lock function would wait, and else what
   that would say (EAGAIN: too many readers). */
#include <errno.h>

#include "interpose/lock.h"

static inline int locked(const struct lock_call *call, int error)
{
    if (likely(error == 0))
        lock_taken(call);
    else if (error != EBUSY && error != ETIMEDOUT)
        lock_failed(call, error);
    return error;
}

/* try_call first, where the call would not fail before it looks; when that says "busy", real_call.
 */
#define RWLOCK(lock, mode, tried, wait_kind, deadline, may_try, try_call, real_call)               \
    do {                                                                                           \
        struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, mode, tried);                         \
        int error = (may_try) ? try_call(lock) : EBUSY;                                            \
        if (unlikely(error == EBUSY))                                                              \
            error = LOCK_WAIT(&call, wait_kind, deadline, real_call, result == 0);                 \
        return locked(&call, error);                                                               \
    } while (0)

/* Timed calls check clock and time before they look at the lock. */
static bool is_time(clockid_t clock, const struct timespec *time)
{
    return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && time && time->tv_nsec >= 0 &&
           time->tv_nsec < 1000000000;
}

int wrap_pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    RWLOCK(lock, HELD_READ, false, WAIT_RWLOCK_READ, WAIT_FOREVER, true,
           real.pthread_rwlock_tryrdlock, real.pthread_rwlock_rdlock(lock));
}

int wrap___pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    RWLOCK(lock, HELD_READ, false, WAIT_RWLOCK_READ, WAIT_FOREVER, true,
           real.pthread_rwlock_tryrdlock, real.pthread_rwlock_rdlock(lock));
}

int wrap_pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    RWLOCK(lock, HELD_READ, true, WAIT_RWLOCK_READ, deadline_at(CLOCK_REALTIME, until),
           is_time(CLOCK_REALTIME, until), real.pthread_rwlock_tryrdlock,
           real.pthread_rwlock_timedrdlock(lock, until));
}

int wrap_pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                    const struct timespec *until)
{
    RWLOCK(lock, HELD_READ, true, WAIT_RWLOCK_READ, deadline_at(clock, until),
           is_time(clock, until), real.pthread_rwlock_tryrdlock,
           real.pthread_rwlock_clockrdlock(lock, clock, until));
}

int wrap_pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    RWLOCK(lock, HELD_WRITE, false, WAIT_RWLOCK_WRITE, WAIT_FOREVER, true,
           real.pthread_rwlock_trywrlock, real.pthread_rwlock_wrlock(lock));
}

int wrap___pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    RWLOCK(lock, HELD_WRITE, false, WAIT_RWLOCK_WRITE, WAIT_FOREVER, true,
           real.pthread_rwlock_trywrlock, real.pthread_rwlock_wrlock(lock));
}

int wrap_pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    RWLOCK(lock, HELD_WRITE, true, WAIT_RWLOCK_WRITE, deadline_at(CLOCK_REALTIME, until),
           is_time(CLOCK_REALTIME, until), real.pthread_rwlock_trywrlock,
           real.pthread_rwlock_timedwrlock(lock, until));
}

int wrap_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                    const struct timespec *until)
{
    RWLOCK(lock, HELD_WRITE, true, WAIT_RWLOCK_WRITE, deadline_at(clock, until),
           is_time(clock, until), real.pthread_rwlock_trywrlock,
           real.pthread_rwlock_clockwrlock(lock, clock, until));
}

int wrap_pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_READ, true);
    return locked(&call, real.pthread_rwlock_tryrdlock(lock));
}

int wrap___pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_READ, true);
    return locked(&call, real.pthread_rwlock_tryrdlock(lock));
}

int wrap_pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, true);
    return locked(&call, real.pthread_rwlock_trywrlock(lock));
}

int wrap___pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, true);
    return locked(&call, real.pthread_rwlock_trywrlock(lock));
}

static inline int unlocked(const struct lock_call *call, int error)
{
    if (unlikely(error != 0))
        lock_failed(call, error);
    return error;
}

int wrap_pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, false);
    lock_giving(&call);
    return unlocked(&call, real.pthread_rwlock_unlock(lock));
}

int wrap___pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, false);
    lock_giving(&call);
    return unlocked(&call, real.pthread_rwlock_unlock(lock));
}

int wrap_pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attr)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, false);
    lock_initialising(&call);
    int error = real.pthread_rwlock_init(lock, attr);
    lock_initialised(&call, error, 0);
    return error;
}

int wrap_pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, false);
    lock_destroying(&call);
    int error = real.pthread_rwlock_destroy(lock);
    lock_destroyed(&call, error);
    return error;
}

int wrap___pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attr)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, false);
    lock_initialising(&call);
    int error = real.pthread_rwlock_init(lock, attr);
    lock_initialised(&call, error, 0);
    return error;
}

int wrap___pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_RWLOCK, HELD_WRITE, false);
    lock_destroying(&call);
    int error = real.pthread_rwlock_destroy(lock);
    lock_destroyed(&call, error);
    return error;
}
