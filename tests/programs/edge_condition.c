/* A signal orders what was done before it before what follows the wait that it wakes, also when the
   signaller does not hold the mutex; the mutex changes hands inside the wait. Signal and broadcast,
   all forms of waiting, POSIX and C11.
// expect: none
*/
#include <stdbool.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

#include "edge.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static mtx_t mutex11;
static cnd_t cond11;
static atomic_int turn, tid; /* read and written without the mutex: nobody sees an order in it */

static struct timespec later(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_sec += 600;
    return time;
}

static void wait_in_form(int form)
{
    struct timespec real = later(CLOCK_REALTIME), monotonic = later(CLOCK_MONOTONIC);
    switch (form % 5) {
    case 0:
        pthread_cond_wait(&cond, &mutex);
        break;
    case 1:
        pthread_cond_timedwait(&cond, &mutex, &real);
        break;
    case 2:
        pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &monotonic);
        break;
    case 3:
        cnd_wait(&cond11, &mutex11);
        break;
    default:
        cnd_timedwait(&cond11, &mutex11, &real);
    }
}

static void *waits(void *argument)
{
    atomic_store(&tid, support_tid());
    for (int form = 0; form < 10; form++) {
        bool c11 = form % 5 >= 3;
        c11 ? mtx_lock(&mutex11) : pthread_mutex_lock(&mutex);
        while (atomic_load(&turn) <= form)
            wait_in_form(form);
        touch();
        atomic_store(&turn, -1 - form);
        c11 ? mtx_unlock(&mutex11) : pthread_mutex_unlock(&mutex);
        c11 ? mtx_lock(&mutex11) : pthread_mutex_lock(&mutex);
        c11 ? mtx_unlock(&mutex11) : pthread_mutex_unlock(&mutex);
    }
    return argument;
}

int main(void)
{
    pthread_t thread;
    mtx_init(&mutex11, mtx_plain);
    cnd_init(&cond11);
    pthread_create(&thread, NULL, waits, NULL);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    for (int form = 0; form < 10; form++) {
        bool c11 = form % 5 >= 3, all = form >= 5;
        wait_until_blocked(atomic_load(&tid));
        touch();
        atomic_store(&turn, form + 1);
        if (c11)
            all ? cnd_broadcast(&cond11) : cnd_signal(&cond11);
        else
            all ? pthread_cond_broadcast(&cond) : pthread_cond_signal(&cond);
        while (atomic_load(&turn) != -1 - form)
            support_call(SYS_sched_yield, 0, 0, 0, 0);
        c11 ? mtx_lock(&mutex11) : pthread_mutex_lock(&mutex);
        touch();
        c11 ? mtx_unlock(&mutex11) : pthread_mutex_unlock(&mutex);
    }
    pthread_join(thread, NULL);
    cnd_destroy(&cond11);
    mtx_destroy(&mutex11);
    return 0;
}
