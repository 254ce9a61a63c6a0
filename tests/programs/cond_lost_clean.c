/* A worker that was busy when the signal came, did the work and waits for more has lost nothing.
// expect: blocked-thread role=waiting function=worker
// expect: thread-leak role=created function=main
*/
#include "edge.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int jobs;
static atomic_int tid;
static gate taken;

static void *worker(void *argument)
{
    atomic_store(&tid, support_tid());
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (!jobs)
            pthread_cond_wait(&cond, &mutex);
        jobs--;
        pthread_mutex_unlock(&mutex);
        gate_open(&taken);
    }
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_mutex_lock(&mutex);
    jobs++;
    pthread_mutex_unlock(&mutex);
    pthread_cond_signal(&cond);
    pthread_create(&thread, NULL, worker, NULL);
    gate_wait(&taken);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
