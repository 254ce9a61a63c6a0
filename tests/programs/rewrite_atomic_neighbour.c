/*
 * Two atomic variables side by side: who loads one learns nothing of what was done before a store
 * to the other. The writer is done, natively, before the reader begins; but no order that threads
 * may rely on says so.
 *
 * // options: --races=full
 * // expect: data-race confidence=certain role=here function=take
 * // expect: data-race confidence=certain role=earlier function=give
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#ifndef LOADED
#define LOADED other
#endif

static struct {
    _Alignas(8) atomic_int other;
    atomic_int given;
} flags = {1, 0};
static int value;

static void *give(void *unused)
{
    value = 7;
    atomic_store_explicit(&flags.given, 1, memory_order_release);
    close(open("given", O_CREAT | O_WRONLY, 0600));
    return NULL;
}

static void *take(void *unused)
{
    if (!atomic_load_explicit(&flags.LOADED, memory_order_acquire))
        return NULL;
    return (void *)(long)value;
}

int main(void)
{
    pthread_t giver, taker;
    void *taken;
    pthread_create(&giver, NULL, give, NULL);
    while (access("given", F_OK))
        sched_yield();
    pthread_create(&taker, NULL, take, NULL);
    pthread_join(taker, &taken);
    pthread_join(giver, NULL);
    printf("%ld\n", (long)taken);
    return 0;
}
