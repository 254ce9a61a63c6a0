/*
 * Pairs of calls by two threads with nothing to order them: the first thread makes all of its
 * calls, then the second one all of its.
 *
 *   PAIR(name, first, second)    two statements, in functions name_first and name_second
 *   RUN_PAIRS(&name_pair, …)     runs them
 */
#ifndef HOLDFAST_TESTS_PAIRS_H
#define HOLDFAST_TESTS_PAIRS_H

#include <pthread.h>

#include "support.h"

struct pair {
    void (*first)(void), (*second)(void);
};

/* Keeps a call whose result nobody wants. */
#define KEEP(call)                                                                                 \
    do {                                                                                           \
        long kept = (long)(call);                                                                  \
        __asm__ volatile("" : : "r"(kept));                                                        \
    } while (0)

#define PAIR(name, first, second)                                                                  \
    __attribute__((noinline)) static void name##_first(void)                                       \
    {                                                                                              \
        first;                                                                                     \
        __asm__ volatile("" ::: "memory");                                                         \
    }                                                                                              \
    __attribute__((noinline)) static void name##_second(void)                                      \
    {                                                                                              \
        second;                                                                                    \
        __asm__ volatile("" ::: "memory");                                                         \
    }                                                                                              \
    static const struct pair name##_pair = {name##_first, name##_second};

static const struct pair *const *pairs_run;
static int pairs_count;
static gate pairs_first_done;

static void *pairs_first_thread(void *argument)
{
    for (int i = 0; i < pairs_count; i++)
        pairs_run[i]->first();
    gate_open(&pairs_first_done);
    return argument;
}

static void *pairs_second_thread(void *argument)
{
    gate_wait(&pairs_first_done);
    for (int i = 0; i < pairs_count; i++)
        pairs_run[i]->second();
    return argument;
}

static void run_pairs(const struct pair *const *pairs, int count)
{
    pthread_t threads[2];
    pairs_run = pairs;
    pairs_count = count;
    pthread_create(&threads[0], NULL, pairs_first_thread, NULL);
    pthread_create(&threads[1], NULL, pairs_second_thread, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}
#define RUN_PAIRS(...)                                                                             \
    run_pairs((const struct pair *const[]){__VA_ARGS__},                                           \
              sizeof((const struct pair *const[]){__VA_ARGS__}) / sizeof(struct pair *))

#endif
