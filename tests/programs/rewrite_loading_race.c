/*
 * A race in a library that has come, gone, and come again: it is watched each time.
 *
 * // options: --races=full
 * // library: rewrite_plugin
 * // environment: LD_LIBRARY_PATH=.
 * // expect: data-race function=add_unlocked
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static void *nothing(void *unused)
{
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, nothing, NULL);
    pthread_join(thread, NULL);
    for (int i = 0; i < 12; i++) {
        void *plugin = dlopen("librewrite_plugin.so", RTLD_NOW | RTLD_LOCAL);
        unsigned (*run)(void) = plugin ? (unsigned (*)(void))dlsym(plugin, "plugin_run") : NULL;
        void (*race)(void) = plugin ? (void (*)(void))dlsym(plugin, "plugin_race") : NULL;
        if (!run || !race)
            return 1;
        if (i < 11) {
            run();
            dlclose(plugin);
        } else {
            race();
        }
    }
    return 0;
}
