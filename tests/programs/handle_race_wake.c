/* Closing a descriptor to get a thread out of a call that sleeps on it.
// expect: handle-race count=1 confidence=certain function=sleeper role=earlier
// expect: handle-race count=1 function=waker role=here
*/
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static int ends[2];
static atomic_int tid;
static gate there;

__attribute__((noinline)) static void sleeper(void)
{
    char byte;
    if (read(ends[0], &byte, 1) != 1)
        abort();
}

static void *sleep_in_read(void *unused)
{
    tid = support_tid();
    gate_open(&there);
    sleeper();
    return unused;
}

__attribute__((noinline)) static void waker(void)
{
    close(ends[0]);
    __asm__ volatile("");
}

int main(void)
{
    pthread_t thread;
    if (pipe(ends) != 0)
        abort();
    pthread_create(&thread, NULL, sleep_in_read, NULL);
    gate_wait(&there);
    wait_until_blocked(tid);
    int spare = dup(ends[0]);
    waker();
    /* It sleeps on: what it reads from is kept by its call. */
    if (write(ends[1], "x", 1) != 1)
        abort();
    pthread_join(thread, NULL);
    close(spare);
    close(ends[1]);
    return 0;
}
