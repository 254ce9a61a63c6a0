/* Threads cancelled at every point: deferred while they wait, open, print and lock, and at any
   instruction of work of their own. Handlers give back what they had.
// expect: none
// expect-stdout: 600 cancelled
*/
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static gate there;

static void give_back(void *locked)
{
    (void)locked;
    pthread_mutex_unlock(&mutex);
}

static void *waits(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(give_back, NULL);
    gate_open(&there);
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
    return unused;
}

static void *calls(void *argument)
{
    void *block = malloc(100);
    pthread_cleanup_push(free, block);
    gate_open(&there);
    for (;;) {
        struct timespec little = {.tv_nsec = 1000};
        nanosleep(&little, NULL);
        if (access("/", R_OK) != 0)
            break;
        pthread_testcancel();
    }
    pthread_cleanup_pop(1);
    return argument;
}

static void *computes(void *argument)
{
    volatile unsigned work = 0;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    gate_open(&there);
    for (;;)
        work++;
    return argument;
}

int main(void)
{
    void *(*const routines[])(void *) = {waits, calls, computes};
    int cancelled = 0;
    for (int i = 0; i < 600; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, routines[i % 3], NULL);
        gate_wait_count(&there, i + 1);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        cancelled += result == PTHREAD_CANCELED;
    }
    printf("%d cancelled\n", cancelled);
    return 0;
}
