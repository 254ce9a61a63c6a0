/*
 * A loop that waits with `pause` for a word that nothing but movs touch orders what lies before the
 * store and behind the load: libgomp's barriers know no other way.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>
#include <string.h>

static int ready, looked;
static char box[64];

/* The compiler must not see that both are one program. */
static __attribute__((noinline)) void wait_for(int *word, int *count)
{
    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE)) {
        __builtin_ia32_pause();
        __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
    }
}

static void *reader(void *unused)
{
    (void)unused;
    wait_for(&ready, &looked);
    for (unsigned i = 0; i < sizeof box; i++)
        if (((volatile char *)box)[i] != 7)
            return box;
    return NULL;
}

int main(void)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, reader, NULL);
    while (!__atomic_load_n(&looked, __ATOMIC_RELAXED))
        __builtin_ia32_pause();
    for (unsigned i = 0; i < sizeof box; i++)
        ((volatile char *)box)[i] = 7;
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    pthread_join(thread, &result);
    return result != NULL;
}
