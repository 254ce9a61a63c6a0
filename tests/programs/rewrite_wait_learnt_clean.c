/*
 * A thread stores a flag, and before it releases anything in a way that is known, others find out
 * that the flag is one. What it learns after that it passes on with its next release: those who
 * know of its store already must take it all the same.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static int flag, counter, box, other_box;
static gate counted, stored, waited, taken, passed;

/* The compiler must not see that both are one program. */
static __attribute__((noinline)) void wait_for(int *word)
{
    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}

static __attribute__((noinline)) void count(void)
{
    __atomic_fetch_add(&counter, 1, __ATOMIC_ACQ_REL);
}

static void *storing(void *unused)
{
    (void)unused;
    box = 7;
    __atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
    gate_open(&stored);
    gate_wait(&taken);
    count();
    gate_open(&passed);
    return NULL;
}

static void *counting(void *unused)
{
    (void)unused;
    other_box = 8;
    count();
    gate_open(&counted);
    gate_wait(&stored);
    wait_for(&flag);
    gate_open(&waited);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, storing, NULL);
    pthread_create(&threads[1], NULL, counting, NULL);
    gate_wait(&counted);
    gate_wait(&waited);
    wait_for(&flag);
    gate_open(&taken);
    gate_wait(&passed);
    count();
    printf("%d %d\n", box, other_box);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
