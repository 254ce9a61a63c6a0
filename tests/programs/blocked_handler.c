/* A handler runs on top of a wait, waits itself, and returns: the thread waits as before.
// expect: blocked-thread severity=warning wait=semaphore function=waits role=waiting
// expect: thread-leak severity=note function=main role=created
// expect: fd-leak count=2 function=main role=opened
*/
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

#include "support.h"

static gate started, handled;
static atomic_int tid;
static sem_t never;
static int ends[2];

static void handler(int signal)
{
    (void)signal;
    if (write(ends[1], "x", 1) != 1)
        abort();
    gate_open(&handled);
}

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
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    sem_init(&never, 0, 0);
    if (pipe(ends) != 0)
        return 1;
    pthread_create(&thread, NULL, waits, NULL);
    pthread_detach(thread);
    gate_wait(&started);
    wait_until_blocked(atomic_load(&tid));
    pthread_kill(thread, SIGUSR1);
    gate_wait(&handled);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
