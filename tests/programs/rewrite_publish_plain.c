/*
 * Like rewrite_publish.c, but the flag is a plain variable: no order at all, so what it seems to
 * publish is a race as sure as its own.
 *
 * // options: --races=full
 * // expect: data-race function=is_set confidence=certain
 * // expect: data-race function=read_box confidence=certain
 */
#include <pthread.h>

#include "support.h"

static int ready, box[4];
static gate looked;

static __attribute__((noinline)) int is_set(void)
{
    return ready;
}

static __attribute__((noinline)) int read_box(void)
{
    return box[1] + 1;
}

static void *reader(void *unused)
{
    (void)unused;
    while (!is_set())
        gate_open(&looked);
    return (void *)(long)read_box();
}

int main(void)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, reader, NULL);
    gate_wait(&looked);
    box[1] = 7;
    ready = 1;
    pthread_join(thread, &result);
    return result != (void *)8;
}
