/* 5,000 threads at once on stacks of 16 KiB: each allocates, locks, prints to memory, opens.
// expect: none
// expect-stdout: 5000 threads
*/
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

#define THREADS 5000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static gate there, go;
static int count;

static void *works(void *argument)
{
    char *block = malloc(100), text[64];
    gate_open(&there);
    gate_wait(&go);
    snprintf(text, sizeof text, "%p", argument);
    for (int i = 0; i < 20; i++) {
        block = realloc(block, (size_t)(100 + i));
        pthread_mutex_lock(&mutex);
        count++;
        pthread_mutex_unlock(&mutex);
    }
    free(block);
    return NULL;
}

int main(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    int made = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
    while (made < THREADS && pthread_create(&threads[made], &attributes, works, threads) == 0)
        made++;
    pthread_attr_destroy(&attributes);
    gate_wait_count(&there, made);
    gate_open(&go);
    for (int i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    printf("%d threads\n", made);
    return count == made * 20 ? 0 : 1;
}
