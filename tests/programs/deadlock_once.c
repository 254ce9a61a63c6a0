/* A once routine wants a mutex whose holder waits for the once.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=mutex function=initialise role=waiting
text=wait_for_each_other
// expect: deadlock wait=once function=holder role=waiting
// expect-stdout: ready
// says: wait for each other
*/
#include <pthread.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static gate begun, taken;
static atomic_int tids[2];

__attribute__((noinline)) static void initialise(void)
{
    gate_open(&begun);
    gate_wait(&taken);
    atomic_store(&tids[0], support_tid());
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void *begins(void *argument)
{
    pthread_once(&once, initialise);
    return argument;
}

__attribute__((noinline)) static void *holder(void *argument)
{
    gate_wait(&begun);
    pthread_mutex_lock(&mutex);
    gate_open(&taken);
    atomic_store(&tids[1], support_tid());
    pthread_once(&once, initialise);
    pthread_mutex_unlock(&mutex);
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, begins, NULL);
    pthread_create(&threads[1], NULL, holder, NULL);
    for (int i = 0; i < 2; i++) {
        while (!atomic_load(&tids[i]))
            support_call(SYS_sched_yield, 0, 0, 0, 0);
        wait_until_blocked(atomic_load(&tids[i]));
    }
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
