/* What locks do not order: two readers of a read-write lock, two different locks, and a lock that
   the other side does not take.
// expect: data-race function=reader_first role=earlier
// expect: data-race function=reader_second role=here
// expect: data-race function=one_lock role=earlier
// expect: data-race function=other_lock role=here
// expect: data-race function=with_lock role=earlier
// expect: data-race function=without_lock role=here
*/
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
static char data[3][64];
static gate begun;
static volatile size_t size = 64;

ALONE void reader_first(void)
{
    pthread_rwlock_rdlock(&rwlock);
    memset(data[0], 1, size);
    pthread_rwlock_unlock(&rwlock);
}

ALONE void reader_second(void)
{
    pthread_rwlock_rdlock(&rwlock);
    memset(data[0], 2, size);
    pthread_rwlock_unlock(&rwlock);
}

ALONE void one_lock(void)
{
    pthread_mutex_lock(&one);
    memset(data[1], 1, size);
    pthread_mutex_unlock(&one);
}

ALONE void other_lock(void)
{
    pthread_mutex_lock(&other);
    memset(data[1], 2, size);
    pthread_mutex_unlock(&other);
}

ALONE void with_lock(void)
{
    pthread_mutex_lock(&one);
    memset(data[2], 1, size);
    pthread_mutex_unlock(&one);
}

ALONE void without_lock(void)
{
    memset(data[2], 2, size);
    HERE;
}

static void *second(void *argument)
{
    gate_wait(&begun);
    reader_second();
    other_lock();
    without_lock();
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, second, NULL);
    reader_first();
    one_lock();
    with_lock();
    gate_open(&begun);
    pthread_join(thread, NULL);
    printf("%d\n", data[0][0]);
    return 0;
}
