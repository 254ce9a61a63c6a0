/*
 * Threads that sleep on a word by a system call of their own, and load and store it by movs without
 * any `pause`, as libgomp does where it does not spin: what lies before the store and behind the
 * load is ordered, also for a thread that comes when all is stored.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>

#include "support.h"

static int word, box[64];
static gate stored;

static __attribute__((noinline)) void sleep_on(const int *at, int value)
{
    while (__atomic_load_n(at, __ATOMIC_ACQUIRE) == value)
        support_call(SYS_futex, (long)at, FUTEX_WAIT_PRIVATE, value, 0);
}

static __attribute__((noinline)) void set(int *at, int value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
    support_call(SYS_futex, (long)at, FUTEX_WAKE_PRIVATE, 1 << 30, 0);
}

static void *reader(void *late)
{
    if (late)
        gate_wait(&stored);
    sleep_on(&word, 0);
    for (int i = 0; i < 64; i++)
        if (((volatile int *)box)[i] != 7)
            return box;
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    void *result, *failed = NULL;
    pthread_create(&threads[0], NULL, reader, &word);
    pthread_create(&threads[1], NULL, reader, NULL);
    for (int i = 0; i < 64; i++)
        ((volatile int *)box)[i] = 7;
    set(&word, 1);
    gate_open(&stored);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &result);
        failed = result ? result : failed;
    }
    return failed != NULL;
}
