/* The last thread of a pool, which waits for work where it was given some before, is left behind,
   and holds nobody up.
// options: --blocked-threshold=0
// signal: TERM
// expect: thread-leak function=main
*/
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int jobs;
static _Atomic int tid;
static gate waited, served;

static void *pool(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    tid = support_tid();
    for (;;) {
        while (!jobs) {
            gate_open(&waited);
            pthread_cond_wait(&condition, &mutex);
        }
        jobs--;
        gate_open(&served);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    sigset_t set;
    int signal;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&thread, NULL, pool, NULL);
    gate_wait(&waited);
    wait_until_blocked(tid);
    pthread_mutex_lock(&mutex);
    jobs++;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    gate_wait(&served);
    gate_wait_count(&waited, 2);
    wait_until_blocked(tid);
    printf("ready\n");
    fflush(stdout);
    sigwait(&set, &signal);
    return 0;
}
