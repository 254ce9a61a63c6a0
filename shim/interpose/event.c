/*
 * Pipes, events and timers with descriptors, and epoll instances: what carries order from who
 * writes, sets or adds to who reads or waits.
 */
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "interpose/handles.h"
#include "interpose/passing.h"
#include "state/stack.h"

static int opened(int fd, enum handle_kind kind, enum carrier_kind carrier, bool cloexec,
                  link_t flags, const void *frame)
{
    if (unlikely(fd < 0))
        opening_failed(frame);
    struct thread *self = fd < 0 ? NULL : guard_enter();
    if (!self)
        return fd;
    struct handle_birth birth = {
        .kind = kind, .flags = cloexec ? HANDLE_CLOEXEC : 0, .stack = stack_here(self, frame)};
    link_t link = carrier_make_one(carrier);
    descriptor_born(self, fd, &birth, link ? link | flags : 0);
    guard_leave(self);
    return fd;
}

int pipe_opened(int result, const int fds[2], bool cloexec, const void *frame)
{
    static const char *const ends[2] = {"read end", "write end"};
    if (unlikely(result < 0))
        opening_failed(frame);
    struct thread *self = result < 0 ? NULL : guard_enter();
    if (!self)
        return result;
    link_t links[2];
    struct passing passing = {self, frame, ACCESS_WRITE, SIZE_MAX};
    carrier_make_pair(CARRIER_PIPE, links);
    for (int i = 0; i < 2; i++) {
        struct handle_birth birth = {.kind = HANDLE_KIND_FD_PIPE,
                                     .flags = cloexec ? HANDLE_CLOEXEC : 0,
                                     .stack = stack_here(self, frame),
                                     .name = ends[i]};
        descriptor_born(self, fds[i], &birth, links[i]);
    }
    if (carriers_watched())
        pass_bytes(&passing, fds, 2 * sizeof fds[0]);
    guard_leave(self);
    return result;
}

int wrap_pipe(int fds[2])
{
    return STAYING(pipe_opened(real.pipe(fds), fds, false, FRAME));
}

int wrap___pipe(int fds[2])
{
    return STAYING(pipe_opened(real.__pipe(fds), fds, false, FRAME));
}

int wrap_pipe2(int fds[2], int flags)
{
    return STAYING(pipe_opened(real.pipe2(fds, flags), fds, flags & O_CLOEXEC, FRAME));
}

int wrap_eventfd(unsigned count, int flags)
{
    return opened(real.eventfd(count, flags), HANDLE_KIND_FD_EVENTFD, CARRIER_PIPE,
                  flags & EFD_CLOEXEC, 0, FRAME);
}

int wrap_eventfd_read(int fd, eventfd_t *value)
{
    TAKE(fd, real.eventfd_read(fd, value),
         pass_whole(&passing, value, sizeof *value, ACCESS_WRITE));
}

int wrap_eventfd_write(int fd, eventfd_t value)
{
    GIVE(fd, real.eventfd_write(fd, value), (void)0);
}

int wrap_epoll_create(int size)
{
    return opened(real.epoll_create(size), HANDLE_KIND_FD_EPOLL, CARRIER_EPOLL, false, 0, FRAME);
}

int wrap_epoll_create1(int flags)
{
    return opened(real.epoll_create1(flags), HANDLE_KIND_FD_EPOLL, CARRIER_EPOLL,
                  flags & EPOLL_CLOEXEC, 0, FRAME);
}

int wrap_timerfd_create(clockid_t clock, int flags)
{
    return opened(real.timerfd_create(clock, flags), HANDLE_KIND_FD_TIMER, CARRIER_PIPE,
                  flags & TFD_CLOEXEC, 0, FRAME);
}

/* Who reads that it went off comes after who set it. */
int wrap_timerfd_settime(int fd, int flags, const struct itimerspec *time, struct itimerspec *old)
{
    PASS(
        0, fd, WAIT_FOREVER, real.timerfd_settime(fd, flags, time, old), true, USED(fd),
        {
            pass_whole(&passing, time, sizeof *time, ACCESS_READ);
            pass_gives(self, fd, FRAME);
        },
        if (result == 0) pass_whole(&passing, old, sizeof *old, ACCESS_WRITE));
}

/* Reading from it meets the signals as sigwait would. */
int wrap_signalfd(int fd, const sigset_t *set, int flags)
{
    int result = real.signalfd(fd, set, flags);
    if (fd >= 0)
        return result;
    return opened(result, HANDLE_KIND_FD_SIGNAL, CARRIER_PIPE, flags & SFD_CLOEXEC, LINK_SIGNALS,
                  FRAME);
}
