/* Threads go by the names that they have, whichever way they got them.
// expect: thread-leak function=start_posix role=created text=by_pthread
// expect: thread-leak function=start_prctl role=created text=by_prctl
*/
#include <pthread.h>
#include <sys/prctl.h>

#include "support.h"

static gate started;

static void *named(void *argument)
{
    if (argument)
        prctl(PR_SET_NAME, argument);
    else
        pthread_setname_np(pthread_self(), "by pthread");
    gate_open(&started);
    for (;;)
        __asm__ volatile("");
    return argument;
}

__attribute__((noinline)) static void start_posix(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, named, NULL);
    __asm__ volatile("");
}

__attribute__((noinline)) static void start_prctl(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, named, (void *)"by prctl");
    __asm__ volatile("");
}

int main(void)
{
    start_posix();
    start_prctl();
    gate_wait_count(&started, 2);
    return 0;
}
