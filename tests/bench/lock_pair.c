/* Locks. usage: lock_pair pair ALIVE DEPTH PAIRS | lock_pair throughput THREADS INSIDE MILLISECONDS
   pair: CPU ns of an uncontended lock and unlock at a call depth while ALIVE threads live.
   throughput: locked sections a second of THREADS on one mutex, INSIDE steps of work in each. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long pairs, inside;
static atomic_bool done;
static atomic_long sections;
static volatile long shared;

static double now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Each level is a frame of its own: not a tail call, not inlined. */
__attribute__((noinline)) static double descend(int levels)
{
    if (levels > 0) {
        double below = descend(levels - 1);
        __asm__ volatile("" : "+x"(below));
        return below;
    }
    double from = now_ns(CLOCK_THREAD_CPUTIME_ID);
    for (long i = 0; i < pairs; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    return (now_ns(CLOCK_THREAD_CPUTIME_ID) - from) / (double)pairs;
}

static void *sleeps(void *argument)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    pause();
    return argument;
}

static int pair(int alive, int depth)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    for (int i = 1; i < alive; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attr, sleeps, NULL) != 0)
            return 1;
    }
    printf("%.2f\n", descend(depth - 4)); /* start, main, pair and lock's caller are the rest */
    return 0;
}

static void *works(void *argument)
{
    long count = 0;
    while (!atomic_load_explicit(&done, memory_order_relaxed)) {
        pthread_mutex_lock(&mutex);
        for (long i = 0; i < inside; i++)
            shared++;
        pthread_mutex_unlock(&mutex);
        count++;
    }
    atomic_fetch_add(&sections, count);
    return argument;
}

static int throughput(int count, long milliseconds)
{
    pthread_t threads[64];
    double from = now_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, works, NULL);
    usleep((useconds_t)milliseconds * 1000);
    atomic_store(&done, true);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("%.0f\n", (double)atomic_load(&sections) / (now_ns(CLOCK_MONOTONIC) - from) * 1e9);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    if (strcmp(argv[1], "throughput") == 0) {
        inside = atol(argv[3]);
        return throughput(atoi(argv[2]), atol(argv[4]));
    }
    pairs = atol(argv[4]);
    int result = pair(atoi(argv[2]), atoi(argv[3]));
    fflush(stdout);
    _exit(result);
}
