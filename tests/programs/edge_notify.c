/* A timer that is armed, and a queue's notification, are ordered before the functions that libc
   calls in threads of its own; many of those, one after the other, with a context on the heap.
// build: -lrt
// expect: handle-leak count=1 handle=timer function=by_timer role=opened
*/
#include <mqueue.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "edge.h"

static sem_t done;

static void called(union sigval value)
{
    char *context = value.sival_ptr;
    touch();
    edge_set(context, 1, 64);
    sem_post(&done);
}

static void by_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = called};
    struct itimerspec soon = {.it_value.tv_nsec = 1};
    timer_t timer;
    event.sigev_value.sival_ptr = calloc(1, 64);
    touch();
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    for (int i = 0; i < 20; i++) {
        touch();
        timer_settime(timer, 0, &soon, NULL);
        sem_wait(&done);
        touch();
    }
    timer_delete(timer);
    free(event.sigev_value.sival_ptr);
    /* One that only a timer knows, which never runs. */
    event.sigev_value.sival_ptr = calloc(1, 64);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
}

static void by_queue(void)
{
    char name[64];
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = called};
    snprintf(name, sizeof name, "/holdfast-test-%d", (int)getpid());
    mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    if (queue == (mqd_t)-1)
        return;
    event.sigev_value.sival_ptr = calloc(1, 64);
    touch();
    mq_notify(queue, &event);
    mq_send(queue, "a", 1, 0);
    sem_wait(&done);
    touch();
    free(event.sigev_value.sival_ptr);
    mq_close(queue);
    mq_unlink(name);
}

int main(void)
{
    sem_init(&done, 0, 0);
    by_timer();
    by_queue();
    sem_destroy(&done);
    return 0;
}
