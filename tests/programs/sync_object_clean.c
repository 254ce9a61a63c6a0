/* Made before the threads, destroyed after their ends; or by who was let through last.
// expect: none
*/
#include <semaphore.h>
#include <stdlib.h>

#include "edge.h"

static pthread_barrier_t barrier;
static sem_t done;

static void *meets(void *argument)
{
    pthread_barrier_wait(&barrier);
    sem_post(&done);
    return argument;
}

/* A semaphore of the waiter's own, destroyed as soon as it was posted. */
static void *posts(void *argument)
{
    sem_post(argument);
    return NULL;
}

int main(void)
{
    pthread_t threads[3];
    for (int round = 0; round < 10; round++) {
        pthread_barrier_init(&barrier, NULL, 3);
        sem_init(&done, 0, 0);
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, meets, NULL);
        /* Who is let through may destroy it, though others are still on their way out. */
        pthread_barrier_wait(&barrier);
        pthread_barrier_destroy(&barrier);
        for (int i = 0; i < 2; i++)
            sem_wait(&done);
        sem_destroy(&done);
        sem_t *own = malloc(sizeof *own);
        sem_init(own, 0, 0);
        pthread_create(&threads[2], NULL, posts, own);
        sem_wait(own);
        sem_destroy(own);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        free(own);
    }
    return 0;
}
