/* A hundred philosophers, each with the fork to the left first, one after the other; then forks are
   taken in any order by one function. One finding each, however many locks.
// expect: lock-order severity=warning function=eat role=acquired stacks=100 text=cycle_of_100_locks
// expect: lock-order severity=warning function=any_two role=acquired text=cycle_of_2_locks
*/
#include <pthread.h>
#include <stdint.h>

#include "support.h"

#define COUNT 100

static gate done;
static pthread_mutex_t forks[COUNT], plates[COUNT];

__attribute__((noinline)) static void *eat(void *argument)
{
    uintptr_t seat = (uintptr_t)argument;
    gate_wait_count(&done, (int)seat);
    pthread_mutex_lock(&forks[seat]);
    pthread_mutex_lock(&forks[(seat + 1) % COUNT]);
    pthread_mutex_unlock(&forks[(seat + 1) % COUNT]);
    pthread_mutex_unlock(&forks[seat]);
    gate_open(&done);
    return NULL;
}

/* Two threads, each with all pairs, one in this order and one in that. */
__attribute__((noinline)) static void *any_two(void *argument)
{
    int up = argument != NULL;
    gate_wait_count(&done, COUNT + up);
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++)
            if (up ? i < j : i > j) {
                pthread_mutex_lock(&plates[i]);
                pthread_mutex_lock(&plates[j]);
                pthread_mutex_unlock(&plates[j]);
                pthread_mutex_unlock(&plates[i]);
            }
    gate_open(&done);
    return NULL;
}

int main(void)
{
    pthread_t threads[COUNT + 2];
    for (int i = 0; i < COUNT; i++) {
        pthread_mutex_init(&forks[i], NULL);
        pthread_mutex_init(&plates[i], NULL);
    }
    for (uintptr_t i = 0; i < COUNT; i++)
        pthread_create(&threads[i], NULL, eat, (void *)i);
    pthread_create(&threads[COUNT], NULL, any_two, NULL);
    pthread_create(&threads[COUNT + 1], NULL, any_two, &done);
    for (int i = 0; i < COUNT + 2; i++)
        pthread_join(threads[i], NULL);
}
