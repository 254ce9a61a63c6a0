/* Leaked blocks right before free chunks: what glibc's allocator links its free chunks by points at
the last word of the block before, and must not count as a pointer to it. In the main arena and in a
   thread's.
// build: -fno-ipa-icf
// expect: memory-leak count=16 function=lose_main role=allocated
// expect: memory-leak count=16 function=lose_thread role=allocated
*/
#include <pthread.h>
#include <stdlib.h>

enum { PAIRS = 16, BIG = 1400 };

/* 24 bytes: all of a small chunk, the last 8 of them in what is the next chunk's head when that is
   free. More than 1032 bytes: freed past the thread's cache. */
#define LOSE(name)                                                                                 \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        void *volatile kept[PAIRS], *volatile freed[PAIRS];                                        \
        for (int i = 0; i < PAIRS; i++) {                                                          \
            kept[i] = malloc(24);                                                                  \
            freed[i] = malloc(BIG);                                                                \
        }                                                                                          \
        void *volatile fence = malloc(BIG);                                                        \
        for (int i = 0; i < PAIRS; i++)                                                            \
            free(freed[i]);                                                                        \
        free(fence);                                                                               \
        for (int i = 0; i < PAIRS; i++)                                                            \
            kept[i] = freed[i] = NULL;                                                             \
    }
LOSE(lose_main)
LOSE(lose_thread)

static void *works(void *unused)
{
    lose_thread();
    return unused;
}

/* So that no pointer stays on the stack. */
__attribute__((noinline)) static void wipe(void)
{
    volatile char bytes[8192];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, works, NULL);
    pthread_join(thread, NULL);
    lose_main();
    wipe();
    return 0;
}
