/* A condition used after it was destroyed; one that is destroyed while a thread waits for it.
// expect: cond-misuse role=here function=signal_it text=had_been_destroyed
// expect: cond-misuse role=destroyed function=main
// expect: cond-misuse role=here function=destroy_it text=while_threads_waited
// expect: cond-misuse role=waiting function=waits
// expect: sync-object-race role=here function=destroy_it
*/
#include <sys/wait.h>

#include "edge.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gone = PTHREAD_COND_INITIALIZER, cond = PTHREAD_COND_INITIALIZER;
static atomic_int tid, main_tid;
static int woken;

__attribute__((noinline)) static void signal_it(void)
{
    pthread_cond_signal(&gone);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void destroy_it(void)
{
    pthread_cond_destroy(&cond);
    __asm__ volatile("" ::: "memory");
}

static void *waits(void *argument)
{
    pthread_mutex_lock(&mutex);
    atomic_store(&tid, support_tid());
    while (!woken)
        pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

static void *ends(void *argument)
{
    wait_until_blocked(atomic_load(&main_tid));
    support_call(SYS_exit_group, 0, 0, 0, 0);
    return argument;
}

/* libc waits for the waiter, who never comes: in a child, which ends that way. */
static void child(void)
{
    pthread_t threads[2];
    atomic_store(&main_tid, support_tid());
    pthread_create(&threads[0], NULL, waits, NULL);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    pthread_create(&threads[1], NULL, ends, NULL);
    destroy_it();
}

int main(void)
{
    pthread_cond_destroy(&gone);
    signal_it();
    pid_t pid = fork();
    if (pid == 0)
        child();
    waitpid(pid, NULL, 0);
    return 0;
}
