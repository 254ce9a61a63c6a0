/* A program that hangs is ended by a signal: main, too, is told with what it waits for.
// options: --blocked-threshold=0
// signal: TERM
// status: 143
// expect: blocked-thread count=1 severity=warning wait=join function=main role=waiting
// expect: blocked-thread count=1 severity=warning wait=mutex function=twice role=waiting
*/
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static gate started;
static atomic_int tid;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void *twice(void *argument)
{
    atomic_store(&tid, support_tid());
    pthread_mutex_lock(&mutex);
    gate_open(&started);
    pthread_mutex_lock(&mutex);
    return argument;
}

/* Prints once main waits for the other thread. */
static void *tells(void *argument)
{
    wait_until_blocked(atomic_load(&tid));
    wait_until_blocked((int)getpid());
    support_call(SYS_write, 1, (long)"ready\n", 6, 0);
    return argument;
}

int main(void)
{
    pthread_t thread, teller;
    pthread_create(&thread, NULL, twice, NULL);
    gate_wait(&started);
    pthread_create(&teller, NULL, tells, NULL);
    pthread_detach(teller);
    pthread_join(thread, NULL);
    return 0;
}
