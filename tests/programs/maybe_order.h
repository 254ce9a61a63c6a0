/*
 * Flags that look like plain variables on x86: an atomic operation on a plain int, by the
 * compiler's builtin, and a volatile one.
 */
#ifndef HOLDFAST_TESTS_MAYBE_ORDER_H
#define HOLDFAST_TESTS_MAYBE_ORDER_H

#include <pthread.h>
#include <stdio.h>

#include "support.h"

static int by_builtin;
static volatile int by_volatile;
static int counts[4];
static pthread_mutex_t passing_on = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void share(int number)
{
    counts[number]++;
}

static inline void builtin_set(void)
{
    __atomic_store_n(&by_builtin, 1, __ATOMIC_RELEASE);
}

static inline void builtin_wait(void)
{
    while (!__atomic_load_n(&by_builtin, __ATOMIC_ACQUIRE))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
}

static inline void volatile_wait(void)
{
    while (!by_volatile)
        support_call(SYS_sched_yield, 0, 0, 0, 0);
}

#endif
