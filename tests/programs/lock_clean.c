/* Every sort of lock used as it may be.
// expect: none
*/
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

#include "support.h"

#define MANY    100000
#define AT_ONCE 200

static struct timespec later(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_sec += 60;
    return time;
}

static void mutex_of(int type, int protocol, int shared)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, type);
    pthread_mutexattr_setprotocol(&attr, protocol);
    pthread_mutexattr_setpshared(&attr, shared);
    pthread_mutex_init(&mutex, &attr);
    struct timespec real = later(CLOCK_REALTIME), steady = later(CLOCK_MONOTONIC);
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&mutex);
        if (type == PTHREAD_MUTEX_RECURSIVE) {
            pthread_mutex_lock(&mutex);
            pthread_mutex_trylock(&mutex);
            pthread_mutex_unlock(&mutex);
            pthread_mutex_unlock(&mutex);
        } else {
            printf("%d ", pthread_mutex_trylock(&mutex));
        }
        pthread_mutex_unlock(&mutex);
        printf("%d ", pthread_mutex_timedlock(&mutex, &real));
        pthread_mutex_unlock(&mutex);
        if (protocol == PTHREAD_PRIO_NONE) {
            printf("%d ", pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &steady));
            pthread_mutex_unlock(&mutex);
        }
    }
    printf("%d\n", pthread_mutex_destroy(&mutex));
}

static pthread_mutex_t robust;

static void *dies_with_it(void *argument)
{
    pthread_mutex_lock(&robust);
    return argument;
}

static void robust_mutex(void)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attr);
    pthread_t thread;
    pthread_create(&thread, NULL, dies_with_it, NULL);
    pthread_join(thread, NULL);
    printf("robust %d", pthread_mutex_lock(&robust) == EOWNERDEAD);
    printf(" %d", pthread_mutex_consistent(&robust));
    printf(" %d", pthread_mutex_unlock(&robust));
    printf(" %d\n", pthread_mutex_destroy(&robust));
}

static void read_write(void)
{
    pthread_rwlock_t lock;
    struct timespec real = later(CLOCK_REALTIME), steady = later(CLOCK_MONOTONIC);
    pthread_rwlock_init(&lock, NULL);
    pthread_rwlock_rdlock(&lock);
    pthread_rwlock_tryrdlock(&lock);
    printf("rwlock %d", pthread_rwlock_trywrlock(&lock));
    printf(" %d", pthread_rwlock_timedrdlock(&lock, &real));
    printf(" %d", pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &steady));
    for (int i = 0; i < 4; i++)
        pthread_rwlock_unlock(&lock);
    printf(" %d", pthread_rwlock_timedwrlock(&lock, &real));
    pthread_rwlock_unlock(&lock);
    printf(" %d", pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &steady));
    pthread_rwlock_unlock(&lock);
    printf(" %d\n", pthread_rwlock_destroy(&lock));
}

/* The same address again and again, as a lock of each kind. */
static void kinds_in_turn(void)
{
    union {
        pthread_mutex_t mutex;
        pthread_rwlock_t rwlock;
        pthread_spinlock_t spin;
        mtx_t c11;
    } *lock = malloc(sizeof *lock);
    for (int i = 0; i < 3; i++) {
        pthread_mutex_init(&lock->mutex, NULL);
        pthread_mutex_lock(&lock->mutex);
        pthread_mutex_unlock(&lock->mutex);
        pthread_mutex_destroy(&lock->mutex);
        pthread_rwlock_init(&lock->rwlock, NULL);
        pthread_rwlock_wrlock(&lock->rwlock);
        pthread_rwlock_unlock(&lock->rwlock);
        pthread_rwlock_destroy(&lock->rwlock);
        pthread_spin_init(&lock->spin, PTHREAD_PROCESS_PRIVATE);
        pthread_spin_lock(&lock->spin);
        printf("spin %d\n", pthread_spin_trylock(&lock->spin));
        pthread_spin_unlock(&lock->spin);
        pthread_spin_destroy(&lock->spin);
        mtx_init(&lock->c11, mtx_timed | mtx_recursive);
        struct timespec real = later(CLOCK_REALTIME);
        mtx_lock(&lock->c11);
        mtx_trylock(&lock->c11);
        mtx_timedlock(&lock->c11, &real);
        for (int n = 0; n < 3; n++)
            mtx_unlock(&lock->c11);
        mtx_destroy(&lock->c11);
    }
    free(lock);
}

static void many(void)
{
    pthread_mutex_t *locks = malloc(MANY * sizeof *locks);
    for (int i = 0; i < MANY; i++)
        pthread_mutex_init(&locks[i], NULL);
    for (int i = 0; i < MANY; i++) {
        pthread_mutex_lock(&locks[i]);
        if (i >= AT_ONCE)
            pthread_mutex_unlock(&locks[i - AT_ONCE]);
    }
    for (int i = MANY - AT_ONCE; i < MANY; i++)
        pthread_mutex_unlock(&locks[i]);
    for (int i = 0; i < MANY; i++)
        pthread_mutex_destroy(&locks[i]);
    free(locks);
}

/* Static initialisers in memory that a destroyed lock had before. */
static void initialised_by_hand(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        pthread_mutex_destroy(&lock);
        lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    }
}

int main(void)
{
    int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
                   PTHREAD_MUTEX_ADAPTIVE_NP};
    for (int i = 0; i < 4; i++)
        for (int protocol = 0; protocol < 2; protocol++)
            for (int shared = 0; shared < 2; shared++)
                mutex_of(types[i], protocol, shared);
    robust_mutex();
    read_write();
    kinds_in_turn();
    many();
    initialised_by_hand();
    return 0;
}
