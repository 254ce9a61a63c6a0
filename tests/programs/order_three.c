/* Three threads, three mutexes in a circle, one thread after the other.
// expect: lock-order count=1 severity=warning function=one role=acquired text=cycle_of_3_locks
// expect: lock-order function=two role=acquired
// expect: lock-order function=three role=held
*/
#include <pthread.h>

#include "support.h"

static gate done;
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
                       c = PTHREAD_MUTEX_INITIALIZER;

static inline __attribute__((always_inline)) void *both(int turn, pthread_mutex_t *outer,
                                                        pthread_mutex_t *inner)
{
    gate_wait_count(&done, turn);
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
    gate_open(&done);
    return NULL;
}

static void *one(void *unused)
{
    (void)unused;
    return both(0, &a, &b);
}

static void *two(void *unused)
{
    (void)unused;
    return both(1, &b, &c);
}

static void *three(void *unused)
{
    (void)unused;
    return both(2, &c, &a);
}

int main(void)
{
    pthread_t threads[3];
    void *(*const routines[])(void *) = {one, two, three};
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, routines[i], NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}
