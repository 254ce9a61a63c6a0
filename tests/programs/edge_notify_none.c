/* What is done after a timer was armed is not ordered before its function.
// build: -lrt
// expect: data-race role=here function=called
// expect: data-race role=earlier function=main
*/
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "edge.h"

static sem_t done;
static gate touched;

static void called(union sigval value)
{
    (void)value;
    gate_wait(&touched);
    touch();
    sem_post(&done);
}

int main(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = called};
    struct itimerspec soon = {.it_value.tv_nsec = 1};
    timer_t timer;
    sem_init(&done, 0, 0);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &soon, NULL);
    touch();
    gate_open(&touched);
    sem_wait(&done);
    timer_delete(timer);
    sem_destroy(&done);
    return 0;
}
