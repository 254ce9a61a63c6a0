/*
 * Mutexes: POSIX and C11; C++ and Rust come this way.
 *
 * Whatever a try says but "busy" is what the lock function would have said (recursion, EOWNERDEAD
 * of a robust mutex, EAGAIN, EINVAL), and when it is busy the lock function itself judges
 * (EDEADLK).
 */
#include <errno.h>

#include "interpose/lock.h"

/* EOWNERDEAD: taken, though what it protects may be half changed. */
static inline int locked(const struct lock_call *call, int error)
{
    if (likely(error == 0) || error == EOWNERDEAD)
        lock_taken(call);
    else if (error != EBUSY && error != ETIMEDOUT)
        lock_failed(call, error);
    return error;
}

/* Some sorts say EDEADLK where others say "busy"; who tries may ask. */
static inline int tried(const struct lock_call *call, int error)
{
    return error == EDEADLK ? error : locked(call, error);
}

#define IS_TAKEN(error) ((error) == 0 || (error) == EOWNERDEAD)

/* Another thread has it, and perhaps for a few instructions only: what a wait would tell, and the
   system calls to fall asleep and to wake us, take longer than these looks. */
#define LOOKS_MOST 32

static __attribute__((noinline)) int try_again(pthread_mutex_t *mutex)
{
    for (int i = 0; i < LOOKS_MOST; i++) {
        __builtin_ia32_pause();
        if (__atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED))
            continue;
        int error = real.pthread_mutex_trylock(mutex);
        if (error != EBUSY)
            return error;
    }
    return EBUSY;
}

static inline __attribute__((always_inline)) int mutex_lock(pthread_mutex_t *mutex,
                                                            struct lock_call *call)
{
    lock_trying(call);
    int error = real.pthread_mutex_trylock(mutex);
    if (unlikely(error == EBUSY))
        error = try_again(mutex);
    if (unlikely(error == EBUSY))
        error = LOCK_WAIT(call, WAIT_MUTEX, WAIT_FOREVER, real.pthread_mutex_lock(mutex),
                          IS_TAKEN(result));
    return locked(call, error);
}

int wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    return mutex_lock(mutex, &call);
}

int wrap___pthread_mutex_lock(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    return mutex_lock(mutex, &call);
}

int wrap_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, true);
    return tried(&call, real.pthread_mutex_trylock(mutex));
}

int wrap___pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, true);
    return tried(&call, real.pthread_mutex_trylock(mutex));
}

/* A lock that can be had at once is had whatever the time says (POSIX), so the try may come first;
   with a clock that is none the call fails before it looks. */
int wrap_pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, true);
    int error = real.pthread_mutex_trylock(mutex);
    if (error == EBUSY)
        error = LOCK_WAIT(&call, WAIT_MUTEX, deadline_at(CLOCK_REALTIME, until),
                          real.pthread_mutex_timedlock(mutex, until), IS_TAKEN(result));
    return locked(&call, error);
}

int wrap_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                 const struct timespec *until)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, true);
    int error = EBUSY;
    if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC)
        error = real.pthread_mutex_trylock(mutex);
    if (error == EBUSY)
        error = LOCK_WAIT(&call, WAIT_MUTEX, deadline_at(clock, until),
                          real.pthread_mutex_clocklock(mutex, clock, until), IS_TAKEN(result));
    return locked(&call, error);
}

static inline int unlocked(const struct lock_call *call, int error)
{
    if (unlikely(error != 0))
        lock_failed(call, error);
    return error;
}

int wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    lock_giving(&call);
    return unlocked(&call, real.pthread_mutex_unlock(mutex));
}

int wrap___pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    lock_giving(&call);
    return unlocked(&call, real.pthread_mutex_unlock(mutex));
}

#define INITIALISE(real_call, number)                                                              \
    do {                                                                                           \
        struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);                   \
        lock_initialising(&call);                                                                  \
        int result = real_call;                                                                    \
        lock_initialised(&call, number, 0);                                                        \
        return result;                                                                             \
    } while (0)

int wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
    INITIALISE(real.pthread_mutex_init(mutex, attr), result);
}

int wrap___pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
    INITIALISE(real.pthread_mutex_init(mutex, attr), result);
}

static inline __attribute__((always_inline)) int mutex_destroy(pthread_mutex_t *mutex,
                                                               struct lock_call *call)
{
    lock_destroying(call);
    int error = real.pthread_mutex_destroy(mutex);
    lock_destroyed(call, error);
    return error;
}

int wrap_pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    return mutex_destroy(mutex, &call);
}

int wrap___pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    return mutex_destroy(mutex, &call);
}

int wrap_pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    return unlocked(&call, real.pthread_mutex_consistent(mutex));
}

int wrap_pthread_mutex_consistent_np(pthread_mutex_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    return unlocked(&call, real.pthread_mutex_consistent(mutex));
}

/* Takes the mutex and gives it back inside libc. */
int wrap_pthread_mutex_setprioceiling(pthread_mutex_t *mutex, int ceiling, int *old)
{
    return real.pthread_mutex_setprioceiling(mutex, ceiling, old);
}

/* C11's results, as errno numbers; what it calls an error would be EINVAL or EDEADLK. */
static int number_of(int answer)
{
    switch (answer) {
    case thrd_success:
        return 0;
    case thrd_busy:
        return EBUSY;
    case thrd_timedout:
        return ETIMEDOUT;
    case thrd_nomem:
        return ENOMEM;
    default:
        return EINVAL;
    }
}

int wrap_mtx_lock(mtx_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    lock_trying(&call);
    int answer = real.mtx_trylock(mutex);
    if (unlikely(answer == thrd_busy))
        answer = LOCK_WAIT(&call, WAIT_MUTEX, WAIT_FOREVER, real.mtx_lock(mutex),
                           result == thrd_success);
    locked(&call, number_of(answer));
    return answer;
}

int wrap_mtx_trylock(mtx_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, true);
    int answer = real.mtx_trylock(mutex);
    locked(&call, number_of(answer));
    return answer;
}

int wrap_mtx_timedlock(mtx_t *mutex, const struct timespec *until)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, true);
    int answer = real.mtx_trylock(mutex);
    if (answer == thrd_busy)
        answer = LOCK_WAIT(&call, WAIT_MUTEX, deadline_at(CLOCK_REALTIME, until),
                           real.mtx_timedlock(mutex, until), result == thrd_success);
    locked(&call, number_of(answer));
    return answer;
}

int wrap_mtx_unlock(mtx_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    lock_giving(&call);
    int answer = real.mtx_unlock(mutex);
    unlocked(&call, number_of(answer));
    return answer;
}

int wrap_mtx_init(mtx_t *mutex, int type)
{
    INITIALISE(real.mtx_init(mutex, type), number_of(result));
}

/* Says nothing of a mutex that is held; the pthread_mutex_destroy inside did nothing then. */
void wrap_mtx_destroy(mtx_t *mutex)
{
    struct lock_call call = LOCK_CALL(mutex, SYNC_MUTEX, HELD_WRITE, false);
    lock_destroying(&call);
    bool busy = ((const pthread_mutex_t *)mutex)->__data.__nusers != 0;
    real.mtx_destroy(mutex);
    lock_destroyed(&call, busy ? EBUSY : 0);
}
