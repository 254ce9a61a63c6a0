/* A reader that wants to write another lock, and one that reads that and wants to write the first.
// expect: lock-order count=1 severity=warning function=one role=acquired text=read-write
// expect: lock-order function=two role=acquired
*/
#include <pthread.h>

#include "support.h"

static gate done;
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

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, one, NULL);
    pthread_create(&threads[1], NULL, two, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}
