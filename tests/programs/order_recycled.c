/* The faulty twin of order_recycled_clean.c: these locks live on.
// expect: lock-order count=1 severity=warning function=recycled_first role=acquired
// expect: lock-order count=1 function=recycled_second role=acquired
// expect-stdout: the same addresses
*/
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

struct life {
    pthread_mutex_t *(*begin)(void);
    void (*end)(pthread_mutex_t *mutex);
};

static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *recycled;
static sem_t first_begins, first_done, second_begins, second_done;
static pthread_mutex_t spare = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t *begin(void)
{
    return &spare;
}

static void end(pthread_mutex_t *mutex)
{
    (void)mutex;
}

static const struct life lives[] = {{begin, end}};
#define LIVES (int)(sizeof lives / sizeof *lives)

static void both(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_lock(a);
    pthread_mutex_lock(b);
    pthread_mutex_unlock(b);
    pthread_mutex_unlock(a);
}

static void *recycled_first(void *argument)
{
    for (int i = 0; i < LIVES; i++) {
        sem_wait(&first_begins);
        both(recycled, &other);
        sem_post(&first_done);
    }
    return argument;
}

static void *recycled_second(void *argument)
{
    for (int i = 0; i < LIVES; i++) {
        sem_wait(&second_begins);
        both(&other, recycled);
        sem_post(&second_done);
    }
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    int same = 0;
    sem_t *const semaphores[] = {&first_begins, &first_done, &second_begins, &second_done};
    for (int i = 0; i < 4; i++)
        sem_init(semaphores[i], 0, 0);
    pthread_create(&threads[0], NULL, recycled_first, NULL);
    pthread_create(&threads[1], NULL, recycled_second, NULL);
    for (const struct life *life = lives; life < lives + LIVES; life++) {
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
    puts(same == LIVES ? "the same addresses" : "other addresses");
    return 0;
}
