/* Threads that wait at the end but are not blocked for good: with a deadline, for somebody who
still runs, or where they were woken before. Notes at most.
// expect: none
*/
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "support.h"

static gate started, locked, served;
static atomic_int tid;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, cond_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t jobs, never;
static pthread_t runner_thread;

static void *run(void *argument)
{
    atomic_store(&tid, support_tid());
    gate_open(&started);
    ((void (*)(void))argument)();
    return NULL;
}

static void runner(void)
{
    pthread_mutex_lock(&mutex);
    gate_open(&locked);
    for (;;)
        __asm__ volatile("");
}

static void waits_for_runner(void)
{
    pthread_mutex_lock(&mutex);
}

static void sleeps(void)
{
    sleep(1000);
}

static void with_deadline(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1000;
    sem_timedwait(&never, &until);
}

static void condition_with_deadline(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1000;
    pthread_mutex_lock(&cond_mutex);
    pthread_cond_timedwait(&cond, &cond_mutex, &until);
}

static void pool_worker(void)
{
    for (;;) {
        sem_wait(&jobs);
        gate_open(&served);
    }
}

static pthread_t start(void (*place)(void))
{
    static int count;
    pthread_t thread;
    pthread_create(&thread, NULL, run, (void *)place);
    pthread_detach(thread);
    gate_wait_count(&started, ++count);
    return thread;
}

static void start_blocked(void (*place)(void))
{
    start(place);
    wait_until_blocked(atomic_load(&tid));
}

int main(void)
{
    sem_init(&jobs, 0, 0);
    sem_init(&never, 0, 0);
    runner_thread = start(runner);
    gate_wait(&locked);
    start_blocked(waits_for_runner);
    start_blocked(sleeps);
    start_blocked(with_deadline);
    start_blocked(condition_with_deadline);
    /* One of the pool was woken: the place is one to idle at, for all of them. */
    start_blocked(pool_worker);
    start_blocked(pool_worker);
    sem_post(&jobs);
    gate_wait(&served);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
