/* Spin locks. */
#include <errno.h>

#include "interpose/lock.h"

int wrap_pthread_spin_lock(pthread_spinlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_SPIN, HELD_WRITE, false);
    int error = real.pthread_spin_trylock(lock);
    if (unlikely(error == EBUSY))
        error =
            LOCK_WAIT(&call, WAIT_SPIN, WAIT_FOREVER, real.pthread_spin_lock(lock), result == 0);
    if (likely(error == 0))
        lock_taken(&call);
    else
        lock_failed(&call, error);
    return error;
}

int wrap_pthread_spin_trylock(pthread_spinlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_SPIN, HELD_WRITE, true);
    int error = real.pthread_spin_trylock(lock);
    if (error == 0)
        lock_taken(&call);
    return error;
}

int wrap_pthread_spin_unlock(pthread_spinlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_SPIN, HELD_WRITE, false);
    lock_giving(&call);
    return real.pthread_spin_unlock(lock);
}

int wrap_pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_SPIN, HELD_WRITE, false);
    lock_initialising(&call);
    int error = real.pthread_spin_init(lock, shared);
    lock_initialised(&call, error, shared == PTHREAD_PROCESS_SHARED ? SYNC_SHARED : 0);
    return error;
}

int wrap_pthread_spin_destroy(pthread_spinlock_t *lock)
{
    struct lock_call call = LOCK_CALL(lock, SYNC_SPIN, HELD_WRITE, false);
    lock_destroying(&call);
    int error = real.pthread_spin_destroy(lock);
    lock_destroyed(&call, error);
    return error;
}
