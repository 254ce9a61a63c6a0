/* A post orders what was done before it before what follows the wait: wait, trywait, timedwait,
   clockwait, and a named semaphore opened twice.
// expect: none
*/
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "edge.h"

static sem_t there, back;
static gate posted;

static void *other(void *argument)
{
    struct timespec late;
    sem_wait(&there);
    touch();
    sem_post(&back);
    gate_wait_count(&posted, 1);
    if (sem_trywait(&there) != 0)
        abort();
    touch();
    sem_post(&back);
    clock_gettime(CLOCK_REALTIME, &late);
    late.tv_sec += 600;
    if (sem_timedwait(&there, &late) != 0)
        abort();
    touch();
    sem_post(&back);
    clock_gettime(CLOCK_MONOTONIC, &late);
    late.tv_sec += 600;
    if (sem_clockwait(&there, CLOCK_MONOTONIC, &late) != 0)
        abort();
    touch();
    char name[64];
    snprintf(name, sizeof name, "/holdfast-test-%d", (int)getpid());
    sem_t *again = sem_open(name, 0);
    sem_post(again);
    sem_close(again);
    return argument;
}

int main(void)
{
    pthread_t thread;
    char name[64];
    snprintf(name, sizeof name, "/holdfast-test-%d", (int)getpid());
    sem_t *named = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
    sem_init(&there, 0, 0);
    sem_init(&back, 0, 0);
    pthread_create(&thread, NULL, other, NULL);
    for (int i = 0; i < 4; i++) {
        touch();
        sem_post(&there);
        if (i == 1)
            gate_open(&posted);
        if (i < 3)
            sem_wait(&back);
    }
    sem_wait(named);
    touch();
    pthread_join(thread, NULL);
    sem_destroy(&there);
    sem_destroy(&back);
    sem_close(named);
    sem_unlink(name);
    return 0;
}
