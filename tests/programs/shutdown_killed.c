/* A server that was told to end joins a thread that nobody told, until it is killed: only the
   recording can say so.
// expect: slow-shutdown count=1 confidence=likely function=stops role=waiting wait=join
// expect: slow-shutdown text=SIGTERM_had_reached_the_program;_it_was_killed
// expect: slow-shutdown function=serves role=waiting wait=condition
*/
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile sig_atomic_t told;

static void handler(int signal)
{
    told = signal;
}

static void *serves(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

__attribute__((noinline)) static void stops(pthread_t thread)
{
    pthread_join(thread, NULL);
    abort();
}

/* By a raw call: it might wake the others, as far as anybody can tell. */
static void *works(void *unused)
{
    static gate never;
    (void)unused;
    gate_wait(&never);
    return NULL;
}

static void server(void)
{
    pthread_t thread, other;
    pthread_create(&other, NULL, works, NULL);
    signal(SIGTERM, handler);
    pthread_create(&thread, NULL, serves, NULL);
    raise(SIGTERM);
    if (told)
        stops(thread);
}

int main(void)
{
    pid_t child = fork();
    if (child == 0) {
        server();
        return 1;
    }
    while (!support_all_sleep(child, 3))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    kill(child, SIGKILL);
    return waitpid(child, NULL, 0) == child ? 0 : 1;
}
