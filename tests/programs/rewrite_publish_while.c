/*
 * A flag that is stored by an atomic builtin orders what lies before it, also where the thread that
 * loads it has just stored another one for which the first thread was found to wait: no more than
 * possible then, as without that. A variable without any flag is a race all the same.
 *
 * // options: --races=full
 * // expect: data-race confidence=certain name=plain
 * // expect: possible
 */
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static int flag, ready, sent, plain;
static gate looked, published, read_all;

/* The compiler must not see that both are one program. */
static __attribute__((noinline)) void wait_for(int *word)
{
    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}

static __attribute__((noinline)) int is_ready(void)
{
    return __atomic_load_n(&ready, __ATOMIC_ACQUIRE);
}

static void *publisher(void *unused)
{
    (void)unused;
    gate_wait(&looked);
    wait_for(&flag);
    sent = 7;
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    gate_open(&published);
    gate_wait(&read_all);
    plain = 2;
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, publisher, NULL);
    __atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
    int before = is_ready();
    gate_open(&looked);
    gate_wait(&published);
    int after = is_ready(), got = sent;
    plain = 1;
    gate_open(&read_all);
    pthread_join(thread, NULL);
    printf("%d %d %d %d\n", before, after, got, plain);
    return 0;
}
