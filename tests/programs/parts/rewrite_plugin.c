/* Loaded by rewrite_loading_clean: code that runs in its constructor, in threads and at its end. */
#include <pthread.h>
#include <stdlib.h>

static unsigned table[256];
int plugin_constructed;

static __attribute__((noinline)) unsigned mix(unsigned *rows, unsigned count, unsigned seed)
{
    unsigned sum = seed;
    for (unsigned i = 0; i < count; i++) {
        rows[i] += sum ^ i;
        sum = sum * 31 + rows[(i * 7) % count];
    }
    return sum;
}

__attribute__((constructor)) static void begin(void)
{
    mix(table, 256, 3);
    plugin_constructed = 1;
}

__attribute__((destructor)) static void end(void)
{
    if (mix(table, 256, 3) == 0)
        abort();
}

static void *work(void *argument)
{
    unsigned *rows = argument;
    rows[256] = mix(rows, 256, 5);
    return NULL;
}

unsigned plugin_run(void)
{
    pthread_t threads[2];
    static unsigned rows[2][257];
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 257; k++)
            rows[i][k] = 0;
        pthread_create(&threads[i], NULL, work, rows[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return rows[0][256] == rows[1][256] ? rows[0][256] : 0;
}

static unsigned shared[4];

static __attribute__((noinline)) void add_unlocked(unsigned value)
{
    shared[value & 3] += value;
}

static void *race(void *argument)
{
    for (unsigned i = 0; i < 20000; i++)
        add_unlocked(i & ~3u);
    return NULL;
}

void plugin_race(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, race, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}
