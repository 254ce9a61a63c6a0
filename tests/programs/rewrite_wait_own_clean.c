/*
 * The thread that stores what another is to wait for is itself the first that waits for the word,
 * for its next value: what it stored before is taken by the other all the same.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>

#include "support.h"

static int phase, box;
static gate looked;

static __attribute__((noinline)) void wait_beyond(const int *word, int value, gate *count)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) <= value) {
        __builtin_ia32_pause();
        __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
    }
}

static void *other(void *unused)
{
    (void)unused;
    while (!gate_now(&looked)) /* unseen */
        ;
    wait_beyond(&phase, 0, &looked);
    int seen = box;
    __atomic_store_n(&phase, 2, __ATOMIC_RELEASE);
    return seen == 7 ? NULL : &box;
}

int main(void)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, other, NULL);
    box = 7;
    __atomic_store_n(&phase, 1, __ATOMIC_RELEASE);
    wait_beyond(&phase, 1, &looked);
    pthread_join(thread, &result);
    return result != NULL;
}
