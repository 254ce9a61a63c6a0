/* A wait without holding the mutex (nobody does; another thread does), and two threads that wait
   for one condition with two mutexes.
// expect: cond-misuse severity=error role=here function=without text=nobody_held
// expect: cond-misuse severity=error role=here function=with_anothers text=another_thread_held
// expect: cond-misuse severity=error role=here function=with_second
// expect: cond-misuse severity=error role=waiting function=with_first
*/
#include <time.h>

#include "edge.h"

static pthread_mutex_t free_mutex = PTHREAD_MUTEX_INITIALIZER, held = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER, shared_cond = PTHREAD_COND_INITIALIZER;
static gate holding, looked;
static atomic_int tid;
static int woken;

/* libc takes the mutex that it gave up on behalf of nobody: given back here. */
__attribute__((noinline)) static void without(void)
{
    struct timespec past = {.tv_sec = 1};
    pthread_cond_timedwait(&cond, &free_mutex, &past);
    pthread_mutex_unlock(&free_mutex);
}

/* The time is none, so libc says EINVAL before it touches the mutex. */
__attribute__((noinline)) static void with_anothers(void)
{
    struct timespec none = {.tv_nsec = -1};
    pthread_cond_timedwait(&cond, &held, &none);
    __asm__ volatile("" ::: "memory");
}

static void *holds(void *argument)
{
    pthread_mutex_lock(&held);
    gate_open(&holding);
    gate_wait(&looked);
    pthread_mutex_unlock(&held);
    return argument;
}

static void *with_first(void *argument)
{
    pthread_mutex_lock(&first);
    atomic_store(&tid, support_tid());
    while (!woken)
        pthread_cond_wait(&shared_cond, &first);
    pthread_mutex_unlock(&first);
    return argument;
}

__attribute__((noinline)) static void with_second(void)
{
    struct timespec past = {.tv_sec = 1};
    pthread_mutex_lock(&second);
    pthread_cond_timedwait(&shared_cond, &second, &past);
    pthread_mutex_unlock(&second);
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, holds, NULL);
    gate_wait(&holding);
    without();
    with_anothers();
    gate_open(&looked);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, with_first, NULL);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    with_second();
    pthread_mutex_lock(&first);
    woken = 1;
    pthread_cond_signal(&shared_cond);
    pthread_mutex_unlock(&first);
    pthread_join(thread, NULL);
    return 0;
}
