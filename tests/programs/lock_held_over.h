/* A thread sleeps with a lock that another one waits for; and one that sleeps with a lock that
 * nobody wants. For a program of one include: main is here. */
#ifndef HOLDFAST_TESTS_LOCK_HELD_OVER_H
#define HOLDFAST_TESTS_LOCK_HELD_OVER_H

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "support.h"

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, unwanted = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t unwanted_table = PTHREAD_RWLOCK_INITIALIZER;
static gate begun, taken;
static atomic_int waiter;

ALONE void takes(void)
{
    pthread_mutex_lock(&lock);
    HERE;
}

ALONE void sleeps(void)
{
    usleep(1);
    HERE;
}

ALONE void *wants(void *argument)
{
    atomic_store(&waiter, support_tid());
    gate_open(&begun);
    while (!gate_now(&taken)) /* runs, so that it sleeps first in the lock */
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    return argument;
}

ALONE void alone(void)
{
    pthread_mutex_lock(&unwanted);
    pthread_rwlock_rdlock(&unwanted_table);
    usleep(1);
    pthread_rwlock_unlock(&unwanted_table);
    pthread_mutex_unlock(&unwanted);
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wants, NULL);
    gate_wait(&begun);
    takes();
    gate_open(&taken);
    wait_until_blocked(atomic_load(&waiter));
    sleeps();
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    alone();
    printf("done\n");
    return 0;
}

#endif
