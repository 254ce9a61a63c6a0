/* Two threads that each hold the mutex that the other wants; neither is ever told to begin after
   the other has. A third thread and main are not part of it: they go on.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=mutex function=first_second role=waiting
// expect: deadlock function=second_first role=waiting
// expect-stdout: ready
// says: deadlock:
*/
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "support.h"

static gate first_taken, second_taken;
static atomic_int tids[2];
static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void *first_second(void *argument)
{
    pthread_mutex_lock(&first);
    gate_open(&first_taken);
    gate_wait(&second_taken);
    atomic_store(&tids[0], support_tid());
    pthread_mutex_lock(&second);
    return argument;
}

__attribute__((noinline)) static void *second_first(void *argument)
{
    pthread_mutex_lock(&second);
    gate_open(&second_taken);
    gate_wait(&first_taken);
    atomic_store(&tids[1], support_tid());
    pthread_mutex_lock(&first);
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first_second, NULL);
    pthread_create(&threads[1], NULL, second_first, NULL);
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
