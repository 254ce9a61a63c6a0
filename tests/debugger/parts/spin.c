/* Spins in moved code till a debugger says stop. */
#include <pthread.h>
#include <stdio.h>

static volatile long sums[4], stop;

__attribute__((noinline)) static long spinning(long value)
{
    while (!stop)
        for (long i = 0; i < 1000; i++)
            sums[i & 3] += value;
    return sums[0];
}

__attribute__((noinline)) static long outer(long value)
{
    return spinning(value) + 1;
}

static void *work(void *unused)
{
    puts("ready");
    fflush(stdout);
    return (void *)outer(41);
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    puts("stopped");
    return 0;
}
