/*
 * The first look of a loop that waits with `pause` may come after the store: what lies before the
 * store is ordered all the same, also what its thread had learnt of a third one.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gate filled, stored;
static int ready;
static char box[64], third[64];

/* The compiler must not see that both are one program. */
static __attribute__((noinline)) void wait_for(int *word)
{
    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}

static __attribute__((noinline)) void fill(char *at, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        ((volatile char *)at)[i]++;
}

static void *helper(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    fill(third, sizeof third);
    pthread_mutex_unlock(&lock);
    gate_open(&filled);
    return NULL;
}

static void *reader(void *unused)
{
    (void)unused;
    gate_wait(&stored);
    wait_for(&ready);
    fill(box, sizeof box);
    fill(third, sizeof third);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, reader, NULL);
    pthread_create(&threads[1], NULL, helper, NULL);
    gate_wait(&filled);
    pthread_mutex_lock(&lock);
    fill(third, sizeof third);
    pthread_mutex_unlock(&lock);
    fill(box, sizeof box);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    gate_open(&stored);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%d %d\n", box[0], third[0]);
    return 0;
}
