/*
 * A race between plain accesses, which only watching the code itself finds.
 *
 * // options: --races=full
 * // expect: data-race function=add
 */
#include <pthread.h>
#include <stdlib.h>

static unsigned sums[4];

static __attribute__((noinline)) void add(unsigned value)
{
    sums[value & 3] += value;
}

static void *work(void *argument)
{
    unsigned first = (unsigned)(unsigned long)argument;
    for (unsigned i = first; i < 20000; i += 2)
        add(i & ~3u);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, (void *)(unsigned long)i);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
