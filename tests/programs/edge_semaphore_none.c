/* A semaphore that another thread posted orders nothing that is done after the post, and one that
   was waited for in vain nothing at all.
// expect: data-race role=here function=other
// expect: data-race role=earlier function=main
*/
#include <semaphore.h>

#include "edge.h"

static sem_t there;
static gate touched;

static void *other(void *argument)
{
    sem_wait(&there);
    gate_wait(&touched);
    sem_trywait(&there);
    touch();
    return argument;
}

int main(void)
{
    pthread_t thread;
    sem_init(&there, 0, 0);
    pthread_create(&thread, NULL, other, NULL);
    sem_post(&there);
    touch();
    gate_open(&touched);
    pthread_join(thread, NULL);
    sem_destroy(&there);
    return 0;
}
