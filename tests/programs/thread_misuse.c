/* Joined or detached wrongly, each way once.
// expect: thread-misuse count=1 severity=error function=join_twice role=here
// expect: thread-misuse count=1 function=joined_first role=settled
// expect: thread-misuse count=1 function=joined_first role=settled
// expect: thread-misuse count=1 function=make_joined role=created
// expect: thread-misuse count=1 function=make_joined role=created
// expect: thread-misuse count=1 function=make_joined role=created
// expect: thread-misuse count=1 function=make_joined role=created
// expect: thread-misuse count=1 function=join_detached role=here text=was_detached
// expect: thread-misuse count=1 function=join_itself role=here text=cannot_join_itself
// expect: thread-misuse count=1 function=detach_twice role=here text=was_detached
// expect: thread-misuse count=1 function=detach_joined role=here text=joined_already
*/
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static gate opened;

static void *work(void *argument)
{
    gate_wait(&opened);
    return argument;
}

__attribute__((noinline)) static pthread_t make_joined(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    __asm__ volatile("");
    return thread;
}

__attribute__((noinline)) static void joined_first(pthread_t thread)
{
    pthread_join(thread, NULL);
    __asm__ volatile("");
}

__attribute__((noinline)) static void join_twice(pthread_t thread)
{
    printf("join twice: %d\n", pthread_join(thread, NULL));
}

__attribute__((noinline)) static void join_detached(void)
{
    pthread_t thread = make_joined();
    pthread_detach(thread);
    printf("join detached: %d\n", pthread_join(thread, NULL));
}

__attribute__((noinline)) static void join_itself(void)
{
    printf("join itself: %d\n", pthread_join(pthread_self(), NULL));
}

__attribute__((noinline)) static void detach_twice(void)
{
    pthread_t thread = make_joined();
    pthread_detach(thread);
    printf("detach twice: %d\n", pthread_detach(thread));
}

__attribute__((noinline)) static void detach_joined(pthread_t thread)
{
    printf("detach joined: %d\n", pthread_detach(thread));
}

int main(void)
{
    /* These run on until the gate opens, so that their pthread_t stays theirs. */
    join_detached();
    detach_twice();
    join_itself();
    gate_open(&opened);
    pthread_t thread = make_joined();
    joined_first(thread);
    join_twice(thread);
    detach_joined(thread);
    return 0;
}
