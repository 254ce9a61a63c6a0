/* main forks while another thread holds a mutex, and the child asks for it. It hangs there; an
alarm ends it.
// expect: fork-hazard count=1 severity=warning function=child role=here text=mutex
// expect: fork-hazard function=holder role=held
// expect: deadlock function=child role=waiting
// says: deadlock:
*/
#include <pthread.h>
#include <sys/wait.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static gate taken, forked;

__attribute__((noinline)) static void *holder(void *argument)
{
    pthread_mutex_lock(&mutex);
    gate_open(&taken);
    gate_wait(&forked);
    pthread_mutex_unlock(&mutex);
    return argument;
}

__attribute__((noinline)) static void child(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, holder, NULL);
    gate_wait(&taken);
    pid_t pid = fork();
    if (pid == 0) {
        child();
        _exit(0);
    }
    /* Ended by SIGTERM once it sleeps on the futex: a process that is stopped or killed at once
       would not have been looked at. */
    while (!support_all_sleep(pid, 1))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    gate_open(&forked);
    pthread_join(thread, NULL);
}
