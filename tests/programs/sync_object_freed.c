/*
 * A job is freed as soon as it is done, and who has done it signals after he has given up its lock:
 * in another run the condition is gone by then.
 *
 * // expect: sync-object-race function=main role=here
 * // expect: sync-object-race function=work role=earlier
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "support.h"

static struct job {
    pthread_mutex_t lock;
    pthread_cond_t done_changed;
    bool done;
} * job;
static gate signalled;

static void *work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&job->lock);
    job->done = true;
    pthread_mutex_unlock(&job->lock);
    pthread_cond_signal(&job->done_changed);
    gate_open(&signalled);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    job = calloc(1, sizeof *job);
    pthread_mutex_init(&job->lock, NULL);
    pthread_cond_init(&job->done_changed, NULL);
    pthread_create(&thread, NULL, work, NULL);
    gate_wait(&signalled); /* so that it never goes wrong here, and nobody has to wait */
    pthread_mutex_lock(&job->lock);
    while (!job->done)
        pthread_cond_wait(&job->done_changed, &job->lock);
    pthread_mutex_unlock(&job->lock);
    free(job);
    pthread_join(thread, NULL);
    return 0;
}
