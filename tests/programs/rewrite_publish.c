/*
 * Data that a flag publishes, and the flag is stored and loaded by plain movs, in a loop without
 * `pause`: an atomic variable as far as its instructions go, and its lines say so. So neither it
 * nor what it publishes is more than possible, not even in a third thread that learns of it by a
 * lock. What it does not publish is as sure as ever.
 *
 * // options: --races=full
 * // expect: data-race function=wait_for confidence=possible
 * // expect: data-race function=read_box confidence=possible text=ready_may_order_it
 * // expect: data-race function=read_other confidence=possible text=ready_may_order_it
 * // expect: data-race function=count confidence=certain
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "support.h"

static int ready, counter, box[4], other[4], sum;
static gate looked, counted;
static sem_t told;

static __attribute__((noinline)) void wait_for(const int *word)
{
    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
        gate_open(&looked);
}

static __attribute__((noinline)) int read_box(void)
{
    return box[1] + 1;
}

static __attribute__((noinline)) int read_other(void)
{
    return other[1] + 1;
}

static __attribute__((noinline)) void count(void)
{
    counter += 3;
}

static void *reader(void *unused)
{
    (void)unused;
    wait_for(&ready);
    sum += read_box();
    sem_post(&told);
    gate_wait(&counted);
    count();
    return NULL;
}

static void *third(void *unused)
{
    (void)unused;
    sem_wait(&told);
    sum += read_other();
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    sem_init(&told, 0, 0);
    pthread_create(&threads[0], NULL, reader, NULL);
    pthread_create(&threads[1], NULL, third, NULL);
    gate_wait(&looked);
    box[1] = 7;
    other[1] = 8;
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    count();
    gate_open(&counted);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    sem_destroy(&told);
    return sum != 17;
}
