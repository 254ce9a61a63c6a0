/*
 * A library that comes and goes while threads run: rewritten before its constructor, forgotten when
 * it is gone.
 *
 * // options: --races=full
 * // library: rewrite_plugin
 * // environment: LD_LIBRARY_PATH=.
 * // expect: none
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "support.h"

static atomic_int stop;
static gate running;

static void *busy(void *argument)
{
    unsigned *count = argument;
    gate_open(&running);
    do
        for (int i = 0; i < 1000; i++)
            count[i % 8]++;
    while (!atomic_load(&stop));
    return NULL;
}

static int count_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int count = 0;
    for (int c; maps && (c = getc(maps)) != EOF;)
        count += c == '\n';
    if (maps)
        fclose(maps);
    return count;
}

int main(void)
{
    int few = 0;
    static unsigned counts[2][8];
    unsigned first = 0;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, busy, counts[i]);
    gate_wait_count(&running, 2); /* what threads map for themselves is there now */
    for (int i = 0; i < 20; i++) {
        void *plugin = dlopen("librewrite_plugin.so", RTLD_NOW | RTLD_LOCAL);
        if (!plugin) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        const int *constructed = dlsym(plugin, "plugin_constructed");
        unsigned (*run)(void) = (unsigned (*)(void))dlsym(plugin, "plugin_run");
        unsigned result = constructed && *constructed && run ? run() : 0;
        if (!result || (i && result != first))
            return 2;
        first = result;
        if (dlclose(plugin))
            return 3;
        if (i == 4)
            few = count_mappings();
    }
    /* What was mapped for it is gone too. */
    if (count_mappings() > few + 8)
        return 4;
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return !(counts[0][0] && counts[1][0]);
}
