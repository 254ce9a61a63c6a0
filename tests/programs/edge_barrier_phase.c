/* A barrier orders nothing between two of its phases: what one thread does after the first and the
   other before the second.
// expect: data-race role=here function=late
// expect: data-race role=earlier function=early
*/
#include "edge.h"

static pthread_barrier_t pair;
static gate left, arriving;

static void *early(void *argument)
{
    pthread_barrier_wait(&pair);
    gate_wait(&left);
    touch();
    gate_open(&arriving);
    pthread_barrier_wait(&pair);
    return argument;
}

static void *late(void *argument)
{
    pthread_barrier_wait(&pair);
    gate_open(&left);
    gate_wait(&arriving);
    touch();
    pthread_barrier_wait(&pair);
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    pthread_barrier_init(&pair, NULL, 2);
    pthread_create(&threads[0], NULL, early, NULL);
    pthread_create(&threads[1], NULL, late, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_barrier_destroy(&pair);
    return 0;
}
