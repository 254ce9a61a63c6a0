/* CPU ns of a malloc/free pair at a given call depth. usage: malloc_pair THREADS DEPTH PAIRS
   Prints one number: process CPU time over all pairs of all threads. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long pairs;
static int depth;
static pthread_barrier_t ready;

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Each level is a frame of its own: not a tail call, not inlined. */
__attribute__((noinline)) static long descend(int levels)
{
    if (levels > 0) {
        long below = descend(levels - 1);
        __asm__ volatile("" : "+r"(below));
        return below + 1;
    }
    for (long i = 0; i < pairs; i++) {
        void *p = malloc(16 + (size_t)(i & 255));
        __asm__ volatile("" : "+r"(p) : : "memory");
        free(p);
    }
    return 0;
}

static void *run(void *arg)
{
    pthread_barrier_wait(&ready);
    descend(depth - 3); /* start_thread, run and malloc's caller make up the rest */
    return arg;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1;
    depth = argc > 2 ? atoi(argv[2]) : 20;
    pairs = argc > 3 ? atol(argv[3]) : 2000000;
    pthread_t threads[64];
    pthread_barrier_init(&ready, NULL, (unsigned)count + 1);
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, run, NULL);
    double from = cpu_ns();
    pthread_barrier_wait(&ready);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("%.2f\n", (cpu_ns() - from) / ((double)pairs * count));
    return 0;
}
