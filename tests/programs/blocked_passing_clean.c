/* The process ends while locks change hands: their owner has said that it no longer is, as glibc
does before it frees them, and those who wait are not there yet; or who was woken from a condition
waits for its mutex, whose owner runs. They are not blocked for good.
// expect: none
*/
#include <pthread.h>

#include "support.h"

static gate held, waiting, passing;
static atomic_int tids[4];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

/* In the midst of pthread_mutex_unlock and pthread_rwlock_unlock, for the rest of its life. */
static void *passes_on(void *argument)
{
    pthread_mutex_lock(&mutex);
    pthread_rwlock_wrlock(&rwlock);
    gate_open(&held);
    gate_wait(&waiting);
    pthread_mutex_lock(&other);
    pthread_cond_signal(&condition);
    wait_until_blocked(atomic_load(&tids[3]));
    mutex.__data.__owner = 0;
    rwlock.__data.__cur_writer = 0;
    gate_open(&passing);
    for (;;)
        __asm__ volatile("");
    return argument;
}

static void *wants_mutex(void *tid)
{
    atomic_store((atomic_int *)tid, support_tid());
    pthread_mutex_lock(&mutex);
    return tid;
}

static void *reads(void *tid)
{
    atomic_store((atomic_int *)tid, support_tid());
    pthread_rwlock_rdlock(&rwlock);
    return tid;
}

static void *writes(void *tid)
{
    atomic_store((atomic_int *)tid, support_tid());
    pthread_rwlock_wrlock(&rwlock);
    return tid;
}

static void *waits(void *tid)
{
    pthread_mutex_lock(&other);
    atomic_store((atomic_int *)tid, support_tid());
    pthread_cond_wait(&condition, &other);
    return tid;
}

static void start(void *(*routine)(void *), atomic_int *tid)
{
    pthread_t thread;
    pthread_create(&thread, NULL, routine, tid);
    pthread_detach(thread);
}

int main(void)
{
    void *(*const routines[])(void *) = {wants_mutex, reads, writes, waits};
    start(passes_on, NULL);
    gate_wait(&held);
    for (int i = 0; i < 4; i++) {
        start(routines[i], &tids[i]);
        while (!atomic_load(&tids[i]))
            support_call(SYS_sched_yield, 0, 0, 0, 0);
        wait_until_blocked(atomic_load(&tids[i]));
    }
    gate_open(&waiting);
    gate_wait(&passing);
    return 0;
}
