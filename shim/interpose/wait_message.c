/* Waiting for message queues and System V semaphores. */
#include "interpose/blocking.h"

ssize_t wrap_msgrcv(int queue, void *message, size_t size, long type, int flags)
{
    BLOCKING(WAIT_MESSAGE, 0, WAIT_FOREVER, real.msgrcv(queue, message, size, type, flags),
             result >= 0);
}

int wrap_msgsnd(int queue, const void *message, size_t size, int flags)
{
    BLOCKING(WAIT_MESSAGE, 0, WAIT_FOREVER, real.msgsnd(queue, message, size, flags), result == 0);
}

int wrap_semop(int set, struct sembuf *operations, size_t count)
{
    BLOCKING(WAIT_SEMAPHORE, set, WAIT_FOREVER, real.semop(set, operations, count), result == 0);
}

int wrap_semtimedop(int set, struct sembuf *operations, size_t count, const struct timespec *time)
{
    BLOCKING(WAIT_SEMAPHORE, set, deadline_in(time), real.semtimedop(set, operations, count, time),
             result == 0);
}

ssize_t wrap_mq_receive(mqd_t queue, char *message, size_t size, unsigned *priority)
{
    BLOCKING(WAIT_MESSAGE, 0, WAIT_FOREVER, real.mq_receive(queue, message, size, priority),
             result >= 0);
}

ssize_t wrap_mq_timedreceive(mqd_t queue, char *message, size_t size, unsigned *priority,
                             const struct timespec *until)
{
    BLOCKING(WAIT_MESSAGE, 0, deadline_at(CLOCK_REALTIME, until),
             real.mq_timedreceive(queue, message, size, priority, until), result >= 0);
}

int wrap_mq_send(mqd_t queue, const char *message, size_t size, unsigned priority)
{
    BLOCKING(WAIT_MESSAGE, 0, WAIT_FOREVER, real.mq_send(queue, message, size, priority),
             result == 0);
}

int wrap_mq_timedsend(mqd_t queue, const char *message, size_t size, unsigned priority,
                      const struct timespec *until)
{
    BLOCKING(WAIT_MESSAGE, 0, deadline_at(CLOCK_REALTIME, until),
             real.mq_timedsend(queue, message, size, priority, until), result == 0);
}
