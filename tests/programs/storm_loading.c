/* Libraries that come and go in four threads, with calls into them that allocate.
// library: storm_plugin
// run: ./libstorm_plugin.so
// expect: none
*/
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

static const char *path;

static void *loads(void *unused)
{
    for (int i = 0; i < 300; i++) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!library)
            abort();
        void *(*make)(size_t) = (void *(*)(size_t))dlsym(library, "storm_make");
        free(make((size_t)i));
        dlclose(library);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[4];
    path = argv[argc - 1];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, loads, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
