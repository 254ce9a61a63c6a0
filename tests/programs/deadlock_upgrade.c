/* A reader that asks to write without letting go waits for itself.
// signal: TERM
// status: 143
// expect: self-deadlock confidence=certain wait=rwlock-write function=upgrade role=waiting
// says: deadlock:
*/
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "support.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int tid;

__attribute__((noinline)) static void *upgrade(void *argument)
{
    pthread_rwlock_rdlock(&lock);
    atomic_store(&tid, support_tid());
    pthread_rwlock_wrlock(&lock);
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, upgrade, NULL);
    pthread_detach(thread);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
