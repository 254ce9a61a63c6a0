/* Two threads take two mutexes in opposite orders, one after the other: nothing hangs in this run.
// expect: lock-order count=1 severity=warning function=first_second role=held text=first
// expect: lock-order function=first_second role=acquired text=second
// expect: lock-order function=second_first role=acquired
*/
#include <pthread.h>

#include "support.h"

static gate done;
static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void *first_second(void *argument)
{
    pthread_mutex_lock(&first);
    pthread_mutex_lock(&second);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
    gate_open(&done);
    return argument;
}

__attribute__((noinline)) static void *second_first(void *argument)
{
    gate_wait(&done);
    pthread_mutex_lock(&second);
    pthread_mutex_lock(&first);
    pthread_mutex_unlock(&first);
    pthread_mutex_unlock(&second);
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first_second, NULL);
    pthread_create(&threads[1], NULL, second_first, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}
