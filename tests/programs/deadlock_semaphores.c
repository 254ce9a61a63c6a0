/* Three threads each wait for the next one's post before they make their own; main joins them.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=semaphore function=worker role=waiting
// expect: deadlock wait=join function=main text=4_threads_are_all
// says: deadlock:
*/
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>

#include "support.h"

static sem_t semaphores[3];

__attribute__((noinline)) static void *worker(void *argument)
{
    uintptr_t number = (uintptr_t)argument;
    sem_wait(&semaphores[(number + 1) % 3]);
    sem_post(&semaphores[number]);
    return NULL;
}

int main(void)
{
    pthread_t threads[3];
    say_ready_when_all_sleep(4);
    for (uintptr_t i = 0; i < 3; i++)
        sem_init(&semaphores[i], 0, 0);
    for (uintptr_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    for (uintptr_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}
