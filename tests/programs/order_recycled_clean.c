/* Locks that have the same address one after the other are different locks: taken before another
one in one life and after it in the next, by two threads that are both there all the time.
// build: -ldl
// options: --quarantine=0
// library: recycled
// expect: none
// expect-stdout: the same addresses
*/
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

struct life {
    pthread_mutex_t *(*begin)(void);
    void (*end)(pthread_mutex_t *mutex);
};

static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *recycled;
static sem_t first_begins, first_done, second_begins, second_done;
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
#define LIVES (int)(sizeof lives / sizeof *lives)

static void both(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_lock(a);
    pthread_mutex_lock(b);
    pthread_mutex_unlock(b);
    pthread_mutex_unlock(a);
}

static void *recycled_first(void *argument)
{
    for (int i = 0; i < LIVES; i++) {
        sem_wait(&first_begins);
        both(recycled, &other);
        sem_post(&first_done);
    }
    return argument;
}

static void *recycled_second(void *argument)
{
    for (int i = 0; i < LIVES; i++) {
        sem_wait(&second_begins);
        both(&other, recycled);
        sem_post(&second_done);
    }
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    int same = 0;
    sem_t *const semaphores[] = {&first_begins, &first_done, &second_begins, &second_done};
    for (int i = 0; i < 4; i++)
        sem_init(semaphores[i], 0, 0);
    pthread_create(&threads[0], NULL, recycled_first, NULL);
    pthread_create(&threads[1], NULL, recycled_second, NULL);
    for (const struct life *life = lives; life < lives + LIVES; life++) {
        pthread_mutex_t *before = recycled = life->begin();
        sem_post(&first_begins);
        sem_wait(&first_done);
        life->end(recycled);
        recycled = life->begin();
        same += recycled == before;
        sem_post(&second_begins);
        sem_wait(&second_done);
        life->end(recycled);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    puts(same == LIVES ? "the same addresses" : "other addresses");
    return 0;
}
