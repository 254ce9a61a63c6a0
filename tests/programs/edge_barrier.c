/* All arrivals at a barrier are ordered before all departures, phase after phase, with two threads
   and with three that take turns at a barrier for two.
// expect: none
*/
#include "edge.h"

static pthread_barrier_t pair;
static char rows[3][64];

static void *worker(void *argument)
{
    int me = argument != NULL;
    for (int phase = 0; phase < 40; phase++) {
        edge_set(rows[me], phase, sizeof rows[me]);
        pthread_barrier_wait(&pair);
        edge_set(rows[!me], phase, sizeof rows[me]);
        pthread_barrier_wait(&pair);
    }
    return NULL;
}

static void *visitor(void *argument)
{
    edge_set(argument, 1, sizeof rows[2]);
    pthread_barrier_wait(&pair);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    pthread_barrier_init(&pair, NULL, 2);
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int round = 0; round < 3; round++) {
        pthread_create(&threads[0], NULL, visitor, rows[2]);
        pthread_barrier_wait(&pair);
        edge_set(rows[2], 2, sizeof rows[2]);
        pthread_detach(threads[0]);
    }
    pthread_barrier_destroy(&pair);
    return 0;
}
