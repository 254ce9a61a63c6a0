/* Threads that lost what they allocated: what their stacks and heaps still hold of it, and of freed
blocks, keeps nothing alive. So does the argument that each was started with.
// build: -O0
// expect: memory-leak count=8 bytes=800 leak=direct indirect=8 function=lose
// expect: memory-leak count=8 bytes=512 leak=direct function=start
*/
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static gate arrived;

static void lose(void)
{
    void **lost = malloc(100), **freed = malloc(100);
    memset(lost, 0, 100);
    lost[1] = calloc(1, 50);
    freed[3] = lost;
    free(freed);
}

static void *work(void *argument)
{
    lose();
    /* All at once, so that each has an arena of its own. */
    gate_open(&arrived);
    gate_wait_count(&arrived, 8);
    memset(argument, 0, 64);
    return NULL;
}

static void start(pthread_t *thread)
{
    pthread_create(thread, NULL, work, malloc(64));
}

int main(void)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        start(&threads[i]);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
