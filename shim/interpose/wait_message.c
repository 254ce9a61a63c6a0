/* Message queues and System V semaphores: they are waited for, and carry order. A POSIX queue is a
   descriptor (mq_overview(7)); all that have one open share a carrier by its inode. */
#include <stdarg.h>

#include "detect/handle_misuse.h"
#include "interpose/handles.h"
#include "interpose/passing.h"
#include "interpose/resources.h"
#include "state/stack.h"

/* ---- System V */

/* The message's type goes with it (msgop(2)). */
#define MESSAGE_BYTES(message, size) pass_bytes(&passing, message, sizeof(long) + (size))

ssize_t wrap_msgrcv(int queue, void *message, size_t size, long type, int flags)
{
    PASS(
        WAIT_MESSAGE, 0, WAIT_FOREVER, real.msgrcv(queue, message, size, type, flags), result >= 0,
        (void)0, (void)0, if (result >= 0) {
            carrier_takes_named(self, CARRIER_MESSAGES, (uint64_t)queue);
            passing.most = SIZE_MAX;
            MESSAGE_BYTES(message, (size_t)result);
        });
}

int wrap_msgsnd(int queue, const void *message, size_t size, int flags)
{
    PASS(
        WAIT_MESSAGE, 0, WAIT_FOREVER, real.msgsnd(queue, message, size, flags), result == 0,
        (void)0,
        {
            MESSAGE_BYTES(message, size);
            carrier_gives_named(self, CARRIER_MESSAGES, (uint64_t)queue);
        },
        (void)0);
}

/* Any operation may let somebody go, and may be what somebody else let go: both, for the set. */
#define SEMAPHORES(deadline, call)                                                                 \
    PASS(WAIT_SEMAPHORE, set, deadline, call, result == 0, (void)0,                                \
         carrier_gives_named(self, CARRIER_SEMAPHORES, (uint64_t)set),                             \
         carrier_takes_named(self, CARRIER_SEMAPHORES, (uint64_t)set))

int wrap_semop(int set, struct sembuf *operations, size_t count)
{
    SEMAPHORES(WAIT_FOREVER, real.semop(set, operations, count));
}

int wrap_semtimedop(int set, struct sembuf *operations, size_t count, const struct timespec *time)
{
    SEMAPHORES(deadline_in(time), real.semtimedop(set, operations, count, time));
}

/* Values that are set let go too; all else but a removal, which wakes everybody, tells a value. The
   argument is a union: a register is a register. */
int wrap_semctl(int set, int number, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    bool gives = command == SETVAL || command == SETALL || command == IPC_RMID;
    PASS(0, set, WAIT_FOREVER, real.semctl(set, number, command, argument), result >= 0, (void)0,
         if (gives) carrier_gives_named(self, CARRIER_SEMAPHORES, (uint64_t)set),
         if (!gives && result >= 0) carrier_takes_named(self, CARRIER_SEMAPHORES, (uint64_t)set));
}

/* ---- POSIX */

/* The mode and attributes are there only with O_CREAT; what is passed on otherwise is never looked
   at. */
mqd_t wrap_mq_open(const char *name, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    struct mq_attr *attributes = flags & O_CREAT ? va_arg(rest, struct mq_attr *) : NULL;
    va_end(rest);
    bool is_new = resource_name_is_new(HANDLE_KIND_NAME_QUEUE, name, flags);
    mqd_t queue = real.mq_open(name, flags, mode, attributes);
    descriptor_opened(queue, HANDLE_KIND_QUEUE, true, name, FRAME);
    if (queue >= 0 && is_new)
        resource_named(HANDLE_KIND_NAME_QUEUE, name, FRAME);
    return queue;
}

int wrap_mq_close(mqd_t queue)
{
    struct handle_closing what;
    struct thread *self = guard_enter();
    bool told = self && observing.handles;
    if (self) {
        uint32_t stack = stack_here(self, FRAME);
        if (carriers_watched())
            handle_race_closing(self, queue, stack);
        carrier_closing(self, queue);
        if (told)
            handle_fd_closing(self, queue, stack, &what);
        guard_leave(self);
    }
    int result = real.mq_close(queue);
    carrier_settle(queue, true);
    if (unlikely(result != 0) && told && errno == EBADF && (self = guard_enter())) {
        handle_close_failed(self, &what, "mq_close");
        guard_leave(self);
        errno = EBADF;
    }
    return result;
}

#define RECEIVE(deadline, call)                                                                    \
    PASS(WAIT_MESSAGE, 0, deadline, call, result >= 0, USED(queue), pass_uses(self, queue, FRAME), \
         {                                                                                         \
             pass_takes(self, queue, result < 0);                                                  \
             if (result >= 0) {                                                                    \
                 BYTES(message, size);                                                             \
                 pass_whole(&passing, priority, sizeof *priority, ACCESS_WRITE);                   \
             }                                                                                     \
         })

ssize_t wrap_mq_receive(mqd_t queue, char *message, size_t size, unsigned *priority)
{
    RECEIVE(WAIT_FOREVER, real.mq_receive(queue, message, size, priority));
}

ssize_t wrap_mq_timedreceive(mqd_t queue, char *message, size_t size, unsigned *priority,
                             const struct timespec *until)
{
    RECEIVE(deadline_at(CLOCK_REALTIME, until),
            real.mq_timedreceive(queue, message, size, priority, until));
}

#define SEND(deadline, call)                                                                       \
    PASS(                                                                                          \
        WAIT_MESSAGE, 0, deadline, call, result == 0, USED(queue),                                 \
        {                                                                                          \
            BYTES(message, size);                                                                  \
            pass_gives(self, queue, FRAME);                                                        \
        },                                                                                         \
        (void)0)

int wrap_mq_send(mqd_t queue, const char *message, size_t size, unsigned priority)
{
    SEND(WAIT_FOREVER, real.mq_send(queue, message, size, priority));
}

int wrap_mq_timedsend(mqd_t queue, const char *message, size_t size, unsigned priority,
                      const struct timespec *until)
{
    SEND(deadline_at(CLOCK_REALTIME, until),
         real.mq_timedsend(queue, message, size, priority, until));
}
