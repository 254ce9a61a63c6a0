/*
 * A flag that plain movs store and load, as in rewrite_publish.c, when nothing new is to be seen of
 * it: the second store is ordered after the other thread's, and that one has stored to the flag
 * since its filter was emptied last, because nobody had learnt of what its counter released. What
 * the flag publishes then depends on it all the same.
 *
 * // options: --races=full
 * // expect: data-race function=load confidence=possible
 * // expect: data-race function=store_between confidence=possible
 * // expect: data-race function=load confidence=possible
 * // expect: data-race function=read_data confidence=possible text=flag_may_order_it
 */
#include <pthread.h>

#include "support.h"

static int flag, data, counter;
static gate first_stored, between_stored, stored_again;

static __attribute__((noinline)) int load(void)
{
    return __atomic_load_n(&flag, __ATOMIC_ACQUIRE);
}

static __attribute__((noinline)) void store_between(void)
{
    __atomic_store_n(&flag, 2, __ATOMIC_RELEASE);
}

static __attribute__((noinline)) void count(void)
{
    __atomic_fetch_add(&counter, 1, __ATOMIC_ACQ_REL);
}

static __attribute__((noinline)) int read_data(void)
{
    return data + 1;
}

static void *other(void *unused)
{
    (void)unused;
    gate_wait(&first_stored);
    int sum = load();
    count();
    store_between();
    count();
    gate_open(&between_stored);
    gate_wait(&stored_again);
    sum += load();
    return (void *)(long)(sum + read_data());
}

int main(void)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, other, NULL);
    __atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
    gate_open(&first_stored);
    gate_wait(&between_stored);
    count();
    data = 7;
    __atomic_store_n(&flag, 3, __ATOMIC_RELEASE);
    gate_open(&stored_again);
    pthread_join(thread, &result);
    return result != (void *)12;
}
