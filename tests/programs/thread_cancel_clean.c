/* Cancellation out of waits: cleanup handlers run, the thread can be joined, and nothing is left of
   its wait.
// expect: none
*/
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "support.h"

static gate started;
static atomic_int tid;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static int ends[2];
static pthread_t other;

static void unlock(void *argument)
{
    pthread_mutex_unlock(argument);
    printf("unlocked\n");
}

static void in_cond(void)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    pthread_cond_wait(&cond, &mutex);
    pthread_cleanup_pop(1);
}

static void in_semaphore(void)
{
    sem_wait(&semaphore);
}

static void in_read(void)
{
    char byte;
    if (read(ends[0], &byte, 1) < 0)
        perror("read");
}

static void in_join(void)
{
    pthread_join(other, NULL);
}

static void in_pause(void)
{
    pause();
}

static void *run(void *argument)
{
    atomic_store(&tid, support_tid());
    gate_open(&started);
    ((void (*)(void))argument)();
    return NULL;
}

static gate let_go;

static void *wait_for_gate(void *argument)
{
    gate_wait(&let_go);
    return argument;
}

int main(void)
{
    static void (*const places[])(void) = {in_cond, in_semaphore, in_read, in_join, in_pause};
    sem_init(&semaphore, 0, 0);
    if (pipe(ends) != 0)
        return 1;
    pthread_create(&other, NULL, wait_for_gate, NULL);
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, run, (void *)places[i]);
        gate_wait_count(&started, i + 1);
        wait_until_blocked(atomic_load(&tid));
        pthread_cancel(thread);
        pthread_join(thread, &result);
        printf("%d: %d\n", i, result == PTHREAD_CANCELED);
    }
    gate_open(&let_go);
    pthread_join(other, NULL);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
