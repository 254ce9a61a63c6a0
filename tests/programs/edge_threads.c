/* Creation and end of a thread order it: all forms of join, C11's threads, pthread_exit, what
   destructors of thread-specific data did last, clean-up handlers of a cancelled thread.
// expect: none
*/
#include <errno.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

#include "edge.h"

static pthread_key_t key;
static gate blocked;
static atomic_int tid;

static void destructor(void *argument)
{
    (void)argument;
    touch();
}

static void *runs(void *argument)
{
    touch();
    pthread_setspecific(key, &key);
    if (argument)
        pthread_exit(NULL);
    return NULL;
}

static int runs11(void *argument)
{
    runs(NULL);
    if (argument)
        thrd_exit(3);
    return 3;
}

static void clean_up(void *argument)
{
    (void)argument;
    touch();
}

static void *cancelled(void *argument)
{
    atomic_store(&tid, support_tid());
    pthread_cleanup_push(clean_up, NULL);
    gate_open(&blocked);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return argument;
}

static struct timespec later(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_sec += 600;
    return time;
}

static void join(pthread_t thread, int form)
{
    struct timespec real = later(CLOCK_REALTIME), monotonic = later(CLOCK_MONOTONIC);
    int error;
    switch (form) {
    case 0:
        error = pthread_join(thread, NULL);
        break;
    case 1:
        error = pthread_timedjoin_np(thread, NULL, &real);
        break;
    case 2:
        error = pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &monotonic);
        break;
    default:
        while ((error = pthread_tryjoin_np(thread, NULL)) == EBUSY)
            support_call(SYS_sched_yield, 0, 0, 0, 0);
    }
    if (error)
        abort();
}

int main(void)
{
    pthread_t thread;
    thrd_t thread11;
    pthread_key_create(&key, destructor);
    for (int form = 0; form < 8; form++) {
        touch();
        pthread_create(&thread, NULL, runs, form % 2 ? &key : NULL);
        join(thread, form / 2);
        touch();
    }
    for (int form = 0; form < 2; form++) {
        touch();
        thrd_create(&thread11, runs11, form ? &key : NULL);
        thrd_join(thread11, NULL);
        touch();
    }
    pthread_create(&thread, NULL, cancelled, NULL);
    gate_wait(&blocked);
    wait_until_blocked(atomic_load(&tid));
    touch();
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    touch();
    return 0;
}
