/* exit has begun: a handler of before the first thread ends the process, and a thread is blocked.
// options: --blocked-threshold=0
// expect: slow-shutdown count=1 function=waits role=waiting wait=condition text=exit_had_begun
// expect: thread-leak function=main
// expect: blocked-thread function=waits
*/
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static _Atomic int tid;
static gate there;

static void *waits(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    tid = support_tid();
    gate_open(&there);
    pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void handler(void)
{
    wait_until_blocked(tid);
}

int main(void)
{
    pthread_t thread;
    atexit(handler);
    pthread_create(&thread, NULL, waits, NULL);
    gate_wait(&there);
    return 0;
}
