/* A race that a check finds in the middle of a function, wherever the stack pointer is then, at a
   variable of a library that came by dlopen: what the loader is asked about it wants an aligned
   stack.
// library: rewrite_loaded
// build: -ldl
// options: --races=full
// expect: data-race function=store_low
// expect: data-race function=store_high
*/
#include <dlfcn.h>
#include <pthread.h>

#include "support.h"

static gate stored;
static int *shared;

/* Who calls has its stack pointer at a multiple of 16, who has just been called 8 off. */
__attribute__((noinline)) static void store_low(int *at, int value)
{
    *at += value;
}

__attribute__((noinline)) static void store_high(int *at, int value)
{
    getppid();
    *at += value;
    getppid();
}

/* Where the thread has come by is known from the first stores: the last one meets the other
   thread's. */
static volatile int rounds = 100;

__attribute__((noinline)) static void stores(void)
{
    static __thread int own[200];
    for (int i = 0; i < rounds; i++) {
        store_low(i == rounds - 1 ? &shared[0] : &own[2 * i], i);
        store_high(i == rounds - 1 ? &shared[2] : &own[2 * i], i);
    }
}

static void *first(void *unused)
{
    stores();
    gate_open(&stored);
    return unused;
}

static void *second(void *unused)
{
    gate_wait(&stored);
    stores();
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    void *library = dlopen("./librewrite_loaded.so", RTLD_NOW);
    shared = library ? dlsym(library, "loaded_shared") : NULL;
    if (!shared)
        return 1;
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
