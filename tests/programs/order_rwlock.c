/* A reader that wants to write another lock, and one that reads that and wants to write the first.
   Then two mutexes under a lock that both have for reading, which keeps nobody apart.
// expect: lock-order count=1 severity=warning function=one role=acquired text=read-write
// expect: lock-order function=two role=acquired
// expect: lock-order count=1 function=three role=acquired text=mutex_c
// expect: lock-order function=four role=acquired text=mutex_d
*/
#include <pthread.h>

#include "support.h"

static gate done, three_done;
static pthread_rwlock_t a = PTHREAD_RWLOCK_INITIALIZER, b = PTHREAD_RWLOCK_INITIALIZER;

__attribute__((noinline)) static void *one(void *argument)
{
    pthread_rwlock_rdlock(&a);
    pthread_rwlock_wrlock(&b);
    pthread_rwlock_unlock(&b);
    pthread_rwlock_unlock(&a);
    gate_open(&done);
    return argument;
}

__attribute__((noinline)) static void *two(void *argument)
{
    gate_wait(&done);
    pthread_rwlock_rdlock(&b);
    pthread_rwlock_wrlock(&a);
    pthread_rwlock_unlock(&a);
    pthread_rwlock_unlock(&b);
    return argument;
}

static pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void *three(void *argument)
{
    pthread_rwlock_rdlock(&shared);
    pthread_mutex_lock(&c);
    pthread_mutex_lock(&d);
    pthread_mutex_unlock(&d);
    pthread_mutex_unlock(&c);
    pthread_rwlock_unlock(&shared);
    gate_open(&three_done);
    return argument;
}

__attribute__((noinline)) static void *four(void *argument)
{
    gate_wait(&three_done);
    pthread_rwlock_rdlock(&shared);
    pthread_mutex_lock(&d);
    pthread_mutex_lock(&c);
    pthread_mutex_unlock(&c);
    pthread_mutex_unlock(&d);
    pthread_rwlock_unlock(&shared);
    return argument;
}

int main(void)
{
    pthread_t threads[4];
    void *(*const routines[])(void *) = {one, two, three, four};
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, routines[i], NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
