/*
 * What comes after a flag's store is not ordered by it: a race, and a sure one.
 *
 * // options: --races=full
 * // expect: possible
 * // expect: data-race confidence=certain role=here function=share
 */
#include "maybe_order.h"

static gate counted;

static void *second(void *unused)
{
    (void)unused;
    builtin_wait();
    share(0);
    gate_wait(&counted);
    share(3);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, second, NULL);
    share(0);
    builtin_set();
    /* Another epoch of this thread begins, which nobody learns of. */
    pthread_mutex_lock(&passing_on);
    pthread_mutex_unlock(&passing_on);
    share(3);
    gate_open(&counted);
    pthread_join(thread, NULL);
    printf("%d\n", counts[0] + counts[3]);
    return 0;
}
