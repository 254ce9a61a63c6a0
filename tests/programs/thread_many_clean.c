/* Thousands of threads, one after the other and many at once, joined and detached.
// expect: none
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static gate done;

static void *work(void *argument)
{
    free(malloc(64));
    gate_open(&done);
    return argument;
}

int main(void)
{
    enum { AT_ONCE = 100, ROUNDS = 20 };
    pthread_t threads[AT_ONCE];
    int failed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < AT_ONCE; i++)
            failed += pthread_create(&threads[i], NULL, work, NULL);
        for (int i = 0; i < AT_ONCE; i++)
            failed += i % 2 ? pthread_join(threads[i], NULL) : pthread_detach(threads[i]);
    }
    gate_wait_count(&done, AT_ONCE * ROUNDS);
    printf("failed %d\n", failed);
    return 0;
}
