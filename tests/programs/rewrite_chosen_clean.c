/*
 * Compilers load a variable before they know whether it is wanted, and choose by cmov: the source
 * has no such access, and it is no race that is sure.
 *
 * // options: --races=full
 * // expect: possible
 */
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static int shared, other;
static gate written;

/* As compilers write `wanted ? shared : 0`, in both ways. (A line that says volatile would be
   judged by that.) */
static __attribute__((noinline)) int by_memory(int wanted)
{
    int value = 0;
    __asm__("testl %1, %1\n\tcmovnel %2, %0" : "+r"(value) : "r"(wanted), "m"(shared) : "cc");
    return value;
}

static __attribute__((noinline)) int by_register(int wanted)
{
    int value = 0, loaded;
    __asm__("movl %3, %1\n\ttestl %2, %2\n\tcmovnel %1, %0"
            : "+r"(value), "=&r"(loaded)
            : "r"(wanted), "m"(other)
            : "cc");
    return value;
}

static void *reader(void *unused)
{
    (void)unused;
    gate_wait(&written);
    printf("%d\n", by_memory(0) + by_register(0));
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, reader, NULL);
    shared = 1;
    other = 1;
    gate_open(&written);
    pthread_join(thread, NULL);
    return 0;
}
