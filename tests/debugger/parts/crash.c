/* A fault in the middle of code that was moved, in a function with a frame, two calls deep. */
#include <pthread.h>
#include <stddef.h>

static volatile long sums[4];
static long *volatile nowhere;
static long (*volatile twice)(long);

static long two(long value)
{
    return 2 * value;
}

__attribute__((noinline)) static long broken(long value)
{
    long doubled = twice(value) + twice(value + 1);
    sums[1] += doubled;
    return *nowhere + sums[1] + doubled; /* here */
}

__attribute__((noinline)) static long outer(long value)
{
    return broken(value) + 1;
}

static void *work(void *unused)
{
    for (long i = 0; i < 1000; i++)
        sums[i & 3] += i;
    return (void *)outer(41);
}

int main(void)
{
    pthread_t thread;
    twice = two;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    return 0;
}
