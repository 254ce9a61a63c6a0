/* A program that hangs is ended by a signal: main, too, is told with what it waits for. It is no
   deadlock: a third thread goes on.
// options: --blocked-threshold=0
// signal: TERM
// status: 143
// expect: blocked-thread count=1 severity=warning wait=join function=main role=waiting
// expect: blocked-thread count=1 severity=warning wait=semaphore function=waits role=waiting
*/
#include <pthread.h>
#include <semaphore.h>

#include "support.h"

static gate started;
static atomic_int tid;
static sem_t never;

__attribute__((noinline)) static void *waits(void *argument)
{
    atomic_store(&tid, support_tid());
    gate_open(&started);
    sem_wait(&never);
    return argument;
}

/* Prints once main waits for the other thread. */
static void *tells(void *argument)
{
    wait_until_blocked(atomic_load(&tid));
    wait_until_blocked((int)getpid());
    support_call(SYS_write, 1, (long)"ready\n", 6, 0);
    for (;;)
        support_call(SYS_pause, 0, 0, 0, 0);
    return argument;
}

int main(void)
{
    pthread_t thread, teller;
    sem_init(&never, 0, 0);
    pthread_create(&thread, NULL, waits, NULL);
    gate_wait(&started);
    pthread_create(&teller, NULL, tells, NULL);
    pthread_detach(teller);
    pthread_join(thread, NULL);
    return 0;
}
