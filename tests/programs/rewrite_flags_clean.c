/*
 * Threads that hand over by flags which nothing but their source says are atomic: what the flags
 * order is no race that is sure, also where a mutex passes it on to a third thread.
 *
 * // options: --races=full
 * // expect: possible
 */
#include "maybe_order.h"

static gate passed;

static void *second(void *unused)
{
    (void)unused;
    builtin_wait();
    share(0);
    pthread_mutex_lock(&passing_on);
    share(1);
    pthread_mutex_unlock(&passing_on);
    gate_open(&passed);
    volatile_wait();
    share(2);
    return NULL;
}

static void *third(void *unused)
{
    (void)unused;
    gate_wait(&passed);
    pthread_mutex_lock(&passing_on);
    share(0);
    pthread_mutex_unlock(&passing_on);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, second, NULL);
    pthread_create(&threads[1], NULL, third, NULL);
    share(0);
    builtin_set();
    share(2);
    by_volatile = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%d\n", counts[0] + counts[1] + counts[2]);
    return 0;
}
