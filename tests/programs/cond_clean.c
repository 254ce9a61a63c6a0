/* What is right with conditions: destroyed right after a broadcast by who held the mutex, broadcast
   after unlock, two mutexes one after the other, made anew where one was destroyed, a pool whose
   workers idle at the end.
// expect: none
*/
#include "edge.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
static atomic_int tid;

struct job {
    pthread_cond_t cond;
    int done;
};

static void *waits(void *argument)
{
    struct job *job = argument;
    pthread_mutex_lock(&mutex);
    atomic_store(&tid, support_tid());
    while (!job->done)
        pthread_cond_wait(&job->cond, &mutex);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void until_waiting(void)
{
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    atomic_store(&tid, 0);
}

int main(void)
{
    struct timespec past = {.tv_sec = 1};
    for (int round = 0; round < 20; round++) {
        struct job job = {.cond = PTHREAD_COND_INITIALIZER};
        pthread_t thread;
        pthread_create(&thread, NULL, waits, &job);
        until_waiting();
        pthread_mutex_lock(&mutex);
        job.done = 1;
        if (round % 2)
            pthread_mutex_unlock(&mutex);
        pthread_cond_broadcast(&job.cond);
        /* Woken, and on its way out: POSIX allows it. */
        if (round % 2 == 0) {
            pthread_cond_destroy(&job.cond);
            pthread_mutex_unlock(&mutex);
        }
        pthread_join(thread, NULL);
        pthread_mutex_lock(round % 2 ? &mutex : &other);
        if (round % 2)
            pthread_cond_timedwait(&job.cond, &mutex, &past);
        pthread_mutex_unlock(round % 2 ? &mutex : &other);
        if (round % 2)
            pthread_cond_destroy(&job.cond);
    }
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&mutex);
    pthread_cond_timedwait(&cond, &mutex, &past);
    pthread_mutex_unlock(&mutex);
    pthread_mutex_lock(&other);
    pthread_cond_timedwait(&cond, &other, &past);
    pthread_mutex_unlock(&other);
    pthread_cond_destroy(&cond);
    return 0;
}
