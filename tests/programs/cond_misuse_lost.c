/* A signal came before the wait that should have seen it, and no other came.
// expect: cond-misuse severity=warning confidence=possible role=waiting function=waits
// expect: cond-misuse role=signalled function=announce
// expect: blocked-thread role=waiting function=waits
// expect: thread-leak role=created function=main
*/
#include "edge.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static atomic_int tid;

__attribute__((noinline)) static void announce(void)
{
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
    __asm__ volatile("" ::: "memory");
}

/* Without looking whether there is anything to wait for. */
static void *waits(void *argument)
{
    pthread_mutex_lock(&mutex);
    atomic_store(&tid, support_tid());
    pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

int main(void)
{
    pthread_t thread;
    announce();
    pthread_create(&thread, NULL, waits, NULL);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
