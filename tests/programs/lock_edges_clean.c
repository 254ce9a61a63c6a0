/* What is done under a lock is ordered by it, whatever sort and call: memory that libc writes and
   reads on behalf of two threads.
// expect: none
*/
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include "support.h"

enum {
    MUTEX,
    TRY,
    TIMED,
    CLOCK,
    RECURSIVE,
    C11,
    C11_TIMED,
    SPIN,
    SPIN_TRY,
    WRITE,
    WRITE_TIMED,
    READ,
    WAYS
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER,
                       recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static mtx_t c11;
static char data[WAYS][64];
static gate turn[WAYS];
static volatile size_t size = 64;

static void lock(int way)
{
    struct timespec until;
    clock_gettime(way == CLOCK ? CLOCK_MONOTONIC : CLOCK_REALTIME, &until);
    until.tv_sec += 100;
    switch (way) {
    case MUTEX:
        pthread_mutex_lock(&mutex);
        break;
    case TRY:
        while (pthread_mutex_trylock(&mutex) == EBUSY)
            ;
        break;
    case TIMED:
        pthread_mutex_timedlock(&mutex, &until);
        break;
    case CLOCK:
        pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until);
        break;
    case RECURSIVE:
        pthread_mutex_lock(&recursive);
        pthread_mutex_lock(&recursive);
        break;
    case C11:
        mtx_lock(&c11);
        break;
    case C11_TIMED:
        mtx_timedlock(&c11, &until);
        break;
    case SPIN:
        pthread_spin_lock(&spin);
        break;
    case SPIN_TRY:
        while (pthread_spin_trylock(&spin) == EBUSY)
            ;
        break;
    case WRITE:
    case READ:
        pthread_rwlock_wrlock(&rwlock);
        break;
    case WRITE_TIMED:
        pthread_rwlock_timedwrlock(&rwlock, &until);
        break;
    }
}

static void unlock(int way)
{
    if (way <= CLOCK)
        pthread_mutex_unlock(&mutex);
    else if (way == RECURSIVE) {
        pthread_mutex_unlock(&recursive);
        pthread_mutex_unlock(&recursive);
    } else if (way <= C11_TIMED)
        mtx_unlock(&c11);
    else if (way <= SPIN_TRY)
        pthread_spin_unlock(&spin);
    else
        pthread_rwlock_unlock(&rwlock);
}

/* Each way in turn: first this thread, then, by the lock alone, the other. */
static void *second(void *argument)
{
    for (int way = 0; way < WAYS; way++) {
        gate_wait(&turn[way]);
        if (way == READ) {
            char copy[64];
            pthread_rwlock_rdlock(&rwlock);
            memcpy(copy, data[way], size);
            pthread_rwlock_unlock(&rwlock);
        } else {
            lock(way);
            memset(data[way], 2, size);
            unlock(way);
        }
        gate_open(&turn[way]);
    }
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    mtx_init(&c11, mtx_timed);
    pthread_create(&thread, NULL, second, NULL);
    for (int way = 0; way < WAYS; way++) {
        lock(way);
        memset(data[way], 1, size);
        unlock(way);
        gate_open(&turn[way]);
        gate_wait_count(&turn[way], 2);
        lock(way); /* of the readers: a writer comes after all of them */
        memset(data[way], 3, size);
        unlock(way);
    }
    pthread_join(thread, NULL);
    mtx_destroy(&c11);
    pthread_spin_destroy(&spin);
    printf("%d\n", data[READ][63]);
    return 0;
}
