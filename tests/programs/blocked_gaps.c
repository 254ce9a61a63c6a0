/* An executable with gaps between its segments: what is waited for is one of its variables.
// build: -no-pie -Wl,-z,max-page-size=0x200000
// expect: blocked-thread severity=warning wait=semaphore function=waits role=waiting
// expect: thread-leak severity=note function=main role=created
*/
#include <pthread.h>
#include <semaphore.h>

#include "support.h"

static gate started;
static atomic_int tid;
static sem_t never;

static void *waits(void *argument)
{
    atomic_store(&tid, support_tid());
    gate_open(&started);
    sem_wait(&never);
    return argument;
}

int main(void)
{
    pthread_t thread;
    sem_init(&never, 0, 0);
    pthread_create(&thread, NULL, waits, NULL);
    pthread_detach(thread);
    gate_wait(&started);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
