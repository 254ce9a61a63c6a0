/* Threads and a process that end with locks.
// expect: lock-held count=1 severity=warning function=returns role=acquired text=thread_ended_while
// expect: lock-held count=1 function=is_cancelled role=acquired text=was_cancelled
// expect: lock-held count=1 function=exits role=acquired text=called
// expect: lock-held count=1 function=exits role=here
// expect: lock-held count=1 function=too_often role=acquired text=more_often_than_released
// expect: lock-held count=1 function=reads role=acquired text=ended_the_process
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

static pthread_mutex_t locks[4] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                   PTHREAD_MUTEX_INITIALIZER,
                                   PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_key_t key;
static pthread_mutex_t released_late = PTHREAD_MUTEX_INITIALIZER;

ALONE void *returns(void *argument)
{
    pthread_mutex_lock(&locks[0]);
    return argument;
}

ALONE void *is_cancelled(void *argument)
{
    pthread_mutex_lock(&locks[1]);
    for (;;)
        pause();
    return argument;
}

ALONE void *exits(void *argument)
{
    pthread_mutex_lock(&locks[2]);
    pthread_exit(argument);
}

ALONE void *too_often(void *argument)
{
    for (int i = 0; i < 3; i++)
        pthread_mutex_lock(&locks[3]);
    pthread_mutex_unlock(&locks[3]);
    return argument;
}

/* No fault: a destructor gives the lock back. */
static void gives_back(void *lock)
{
    pthread_mutex_unlock(lock);
}

static void *leaves_to_destructor(void *argument)
{
    pthread_mutex_lock(&released_late);
    pthread_setspecific(key, &released_late);
    return argument;
}

ALONE void reads(void)
{
    pthread_rwlock_rdlock(&rwlock);
    HERE;
}

static void run(void *(*routine)(void *), int cancel)
{
    pthread_t thread;
    pthread_create(&thread, NULL, routine, NULL);
    if (cancel)
        pthread_cancel(thread);
    pthread_join(thread, NULL);
}

int main(void)
{
    pthread_key_create(&key, gives_back);
    run(returns, 0);
    run(is_cancelled, 1);
    run(exits, 0);
    run(too_often, 0);
    run(leaves_to_destructor, 0);
    reads();
    printf("done\n");
    exit(0);
}
