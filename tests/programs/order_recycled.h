/*
 * Two threads, both there all the time, take a lock before another one in one of its lives and
 * after it in the next; at the same address each time.
 *
 *   static const struct life lives[] = {{begin, end}, …};    how a life begins and ends
 *   two_lives(lives, LIVES)                                  runs them; for main
 */
#ifndef HOLDFAST_TESTS_ORDER_RECYCLED_H
#define HOLDFAST_TESTS_ORDER_RECYCLED_H

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

struct life {
    pthread_mutex_t *(*begin)(void);
    void (*end)(pthread_mutex_t *mutex);
};

#define LIVES (int)(sizeof lives / sizeof *lives)

static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *recycled;
static sem_t first_begins, first_done, second_begins, second_done;

static void both(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_lock(a);
    pthread_mutex_lock(b);
    pthread_mutex_unlock(b);
    pthread_mutex_unlock(a);
}

static void *recycled_first(void *count)
{
    for (int i = 0; i < *(int *)count; i++) {
        sem_wait(&first_begins);
        both(recycled, &other);
        sem_post(&first_done);
    }
    return count;
}

static void *recycled_second(void *count)
{
    for (int i = 0; i < *(int *)count; i++) {
        sem_wait(&second_begins);
        both(&other, recycled);
        sem_post(&second_done);
    }
    return count;
}

static int two_lives(const struct life *lives, int count)
{
    pthread_t threads[2];
    int same = 0;
    sem_t *const semaphores[] = {&first_begins, &first_done, &second_begins, &second_done};
    for (int i = 0; i < 4; i++)
        sem_init(semaphores[i], 0, 0);
    pthread_create(&threads[0], NULL, recycled_first, &count);
    pthread_create(&threads[1], NULL, recycled_second, &count);
    for (const struct life *life = lives; life < lives + count; life++) {
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
    puts(same == count ? "the same addresses" : "other addresses");
    return 0;
}

#endif
