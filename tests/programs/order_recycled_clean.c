/* Locks that have the same address one after the other are different locks: taken before another
one in one life and after it in the next, by two threads that are both there all the time.
// build: -ldl
// options: --quarantine=0
// library: recycled
// expect: none
// expect-stdout: the same addresses
*/
#include "order_recycled.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>

static pthread_mutex_t spare;
static void *module;

/* The program frees locks without destroying them, as is usual for those that were never
   initialised by a call. */
static pthread_mutex_t *begin_block(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    *mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    return mutex;
}

static void end_block(pthread_mutex_t *mutex)
{
    free(mutex);
}

static pthread_mutex_t *begin_destroyed(void)
{
    pthread_mutex_init(&spare, NULL);
    return &spare;
}

static void end_destroyed(pthread_mutex_t *mutex)
{
    pthread_mutex_destroy(mutex);
}

/* Memory of a pool of the program's own. */
static pthread_mutex_t *begin_mapping(void)
{
    void *memory = mmap((void *)0x200000000000, 4096, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return memory;
}

static void end_mapping(pthread_mutex_t *mutex)
{
    munmap(mutex, 4096);
}

static pthread_mutex_t *begin_module(void)
{
    module = dlopen("./librecycled.so", RTLD_NOW | RTLD_LOCAL);
    pthread_mutex_t *(*mutex)(void) =
        module ? (pthread_mutex_t * (*)(void)) dlsym(module, "recycled_mutex") : NULL;
    return mutex ? mutex() : NULL;
}

static void end_module(pthread_mutex_t *mutex)
{
    (void)mutex;
    dlclose(module);
}

static const struct life lives[] = {{begin_block, end_block},
                                    {begin_destroyed, end_destroyed},
                                    {begin_mapping, end_mapping},
                                    {begin_module, end_module}};

int main(void)
{
    return two_lives(lives, LIVES);
}
