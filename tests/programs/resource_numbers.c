/* What is known by a number, or kept by libc: never released is a warning, whoever still holds it.
// build: -lrt
// expect: handle-leak severity=warning count=3 handle=timer function=by_timer role=opened
// expect: handle-leak severity=warning count=1 handle=queue text=/holdfast function=by_queue
// expect: handle-leak severity=note count=1 handle=queue-name function=by_queue role=opened
// expect: handle-leak severity=warning count=1 handle=popen text=exit_0 function=by_popen
role=opened
// expect: double-close severity=error count=1 handle=queue function=twice role=here
// expect: double-close severity=error count=1 handle=named-semaphore function=again role=here
*/
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "resource_lose.h"
#include "support.h"

static char name[64], other[64];
static mqd_t queue;
static sem_t *semaphore;
static struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};

LOSE(by_timer, timer_t timer; struct sigevent none = {.sigev_notify = SIGEV_NONE};
     CHECK(timer_create(CLOCK_MONOTONIC, &none, &timer) == 0))
LOSE(by_queue, CHECK(mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes) >= 0))
LOSE(by_popen, CHECK(popen("exit 0", "r")))
LOSE(once, CHECK(mq_close(queue) == 0 && sem_close(semaphore) == 0))
LOSE(twice, CHECK(mq_close(queue) != 0); queue = -1)
LOSE(again, CHECK(sem_close(semaphore) != 0); semaphore = NULL)

/* Removes the name when main has ended: a child and a pipe that holdfast does not see. */
static void remove_later(void)
{
    int ends[2];
    char none;
    CHECK(support_call(SYS_pipe2, (long)ends, O_CLOEXEC, 0, 0) == 0);
    if (support_call(SYS_fork, 0, 0, 0, 0) != 0)
        return;
    support_call(SYS_close, ends[1], 0, 0, 0);
    support_call(SYS_read, ends[0], (long)&none, 1, 0);
    support_call(SYS_mq_unlink, (long)(name + 1), 0, 0, 0);
    support_call(SYS_exit_group, 0, 0, 0, 0);
}

int main(void)
{
    snprintf(name, sizeof name, "/holdfast-number-%d", (int)getpid());
    snprintf(other, sizeof other, "/holdfast-number-%d-b", (int)getpid());
    for (volatile int i = 0; i < 3; i++)
        by_timer();
    by_queue();
    by_popen();
    queue = mq_open(other, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    semaphore = sem_open(other, O_CREAT | O_EXCL, 0600, 1);
    CHECK(queue >= 0 && semaphore != SEM_FAILED);
    CHECK(mq_unlink(other) == 0 && sem_unlink(other) == 0);
    once();
    twice();
    again();
    forget();
    remove_later();
    return 0;
}
