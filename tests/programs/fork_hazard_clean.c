/* Forks of a threaded process that are in order: a lock that handlers take before and release
after, one that the child makes anew, one that nobody holds, and an exec right away.
// expect: none
*/
#include <pthread.h>
#include <sys/wait.h>

#include "support.h"

static pthread_mutex_t handled = PTHREAD_MUTEX_INITIALIZER, renewed,
                       nobodys = PTHREAD_MUTEX_INITIALIZER;
static gate taken, forked;

static void take(void)
{
    pthread_mutex_lock(&handled);
}

static void give(void)
{
    pthread_mutex_unlock(&handled);
}

static void *holder(void *argument)
{
    pthread_mutex_lock(&renewed);
    gate_open(&taken);
    gate_wait(&forked);
    pthread_mutex_unlock(&renewed);
    return argument;
}

static int waiter;

static void *wants_renewed(void *argument)
{
    __atomic_store_n(&waiter, support_tid(), __ATOMIC_RELEASE);
    pthread_mutex_lock(&renewed);
    pthread_mutex_unlock(&renewed);
    return argument;
}

/* The new one is waited for in the child, as any lock is. */
static void wait_for_renewed(void)
{
    pthread_t thread;
    pthread_mutex_lock(&renewed);
    pthread_create(&thread, NULL, wants_renewed, NULL);
    while (!__atomic_load_n(&waiter, __ATOMIC_ACQUIRE))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(waiter);
    pthread_mutex_unlock(&renewed);
    pthread_join(thread, NULL);
}

int main(void)
{
    pthread_t thread;
    pthread_mutex_init(&renewed, NULL);
    pthread_atfork(take, give, give);
    pthread_create(&thread, NULL, holder, NULL);
    gate_wait(&taken);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_init(&renewed, NULL);
        pthread_mutex_t *const locks[] = {&handled, &renewed, &nobodys};
        for (int i = 0; i < 3; i++) {
            pthread_mutex_lock(locks[i]);
            pthread_mutex_unlock(locks[i]);
        }
        wait_for_renewed();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    if ((pid = fork()) == 0) {
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    gate_open(&forked);
    pthread_join(thread, NULL);
}
