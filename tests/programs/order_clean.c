/* Opposite orders that cannot deadlock: under a gate lock, in one thread, in threads that are
joined before the next is created, with tries, with time limits, two readers, locks that only have
the same address; more than 64 locks in the order of their addresses.
// expect: none
*/
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "support.h"

enum { LOCKS = 100 };
static gate turns;
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER, a = PTHREAD_MUTEX_INITIALIZER,
                       b = PTHREAD_MUTEX_INITIALIZER, many[LOCKS];
static pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER, other = PTHREAD_RWLOCK_INITIALIZER;

static void both(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
}

static void *a_then_b(void *unused)
{
    both(&a, &b);
    return unused;
}

static void *b_then_a(void *unused)
{
    both(&b, &a);
    return unused;
}

static void *gated(void *argument)
{
    static pthread_mutex_t x = PTHREAD_MUTEX_INITIALIZER, y = PTHREAD_MUTEX_INITIALIZER;
    gate_wait_count(&turns, argument != NULL);
    pthread_mutex_lock(&gate_lock);
    argument ? both(&x, &y) : both(&y, &x);
    pthread_mutex_unlock(&gate_lock);
    gate_open(&turns);
    return NULL;
}

static void *tries(void *argument)
{
    static pthread_mutex_t x = PTHREAD_MUTEX_INITIALIZER, y = PTHREAD_MUTEX_INITIALIZER;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 100;
    gate_wait_count(&turns, 2 + (argument != NULL));
    if (argument) {
        both(&x, &y);
    } else {
        pthread_mutex_lock(&y);
        if (pthread_mutex_trylock(&x) == 0)
            pthread_mutex_unlock(&x);
        if (pthread_mutex_timedlock(&x, &until) == 0)
            pthread_mutex_unlock(&x);
        pthread_mutex_unlock(&y);
    }
    gate_open(&turns);
    return NULL;
}

/* Readers wait for writers alone, and here nobody holds what he waits for as a writer. */
static void *reads(void *argument)
{
    pthread_rwlock_t *outer = argument ? &shared : &other, *inner = argument ? &other : &shared;
    gate_wait_count(&turns, 4 + (argument != NULL));
    pthread_rwlock_rdlock(outer);
    pthread_rwlock_rdlock(inner);
    pthread_rwlock_unlock(inner);
    pthread_rwlock_unlock(outer);
    gate_open(&turns);
    return NULL;
}

/* Locks in memory that is given back, and others at the same addresses after it. */
static void *recycles(void *argument)
{
    gate_wait_count(&turns, 6 + (argument != NULL));
    pthread_mutex_t *locks = calloc(2, sizeof *locks); /* all zero: PTHREAD_MUTEX_INITIALIZER */
    argument ? both(&locks[0], &locks[1]) : both(&locks[1], &locks[0]);
    free(locks);
    gate_open(&turns);
    return NULL;
}

static void *nests(void *argument)
{
    gate_wait_count(&turns, 8 + (argument != NULL));
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_lock(&many[i]);
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_unlock(&many[i]);
    gate_open(&turns);
    return NULL;
}

static void run_two(void *(*routine)(void *))
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, routine, NULL);
    pthread_create(&threads[1], NULL, routine, &turns);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    pthread_t thread;
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&many[i], NULL);
    pthread_create(&thread, NULL, a_then_b, NULL);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, b_then_a, NULL);
    pthread_join(thread, NULL);
    a_then_b(NULL);
    b_then_a(NULL);
    run_two(gated);
    run_two(tries);
    run_two(reads);
    run_two(recycles);
    run_two(nests);
}
