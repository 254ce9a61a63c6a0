/* Waiting for any of several descriptors. With a time of zero nobody waits. */
#include "interpose/blocking.h"

static uint64_t deadline_ms(int ms)
{
    return ms < 0 ? WAIT_FOREVER : deadline_after((uint64_t)ms * 1000000u);
}

static uint64_t deadline_us(const struct timeval *time)
{
    struct timespec in = {0};
    if (!time)
        return WAIT_FOREVER;
    in.tv_sec = time->tv_sec;
    return deadline_in(&in);
}

static bool is_zero(const struct timespec *time)
{
    return time && time->tv_sec == 0 && time->tv_nsec == 0;
}

int wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
    if (ms == 0)
        return real.poll(fds, count, ms);
    BLOCKING(WAIT_POLL, 0, deadline_ms(ms), real.poll(fds, count, ms), result > 0);
}

int wrap___poll(struct pollfd *fds, nfds_t count, int ms)
{
    if (ms == 0)
        return real.__poll(fds, count, ms);
    BLOCKING(WAIT_POLL, 0, deadline_ms(ms), real.__poll(fds, count, ms), result > 0);
}

int wrap___poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room)
{
    if (ms == 0)
        return real.__poll_chk(fds, count, ms, room);
    BLOCKING(WAIT_POLL, 0, deadline_ms(ms), real.__poll_chk(fds, count, ms, room), result > 0);
}

int wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    if (is_zero(time))
        return real.ppoll(fds, count, time, mask);
    BLOCKING(WAIT_POLL, 0, deadline_in(time), real.ppoll(fds, count, time, mask), result > 0);
}

int wrap___ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *time,
                     const sigset_t *mask, size_t room)
{
    if (is_zero(time))
        return real.__ppoll_chk(fds, count, time, mask, room);
    BLOCKING(WAIT_POLL, 0, deadline_in(time), real.__ppoll_chk(fds, count, time, mask, room),
             result > 0);
}

int wrap_select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time)
{
    if (time && time->tv_sec == 0 && time->tv_usec == 0)
        return real.select(count, in, out, odd, time);
    BLOCKING(WAIT_SELECT, 0, deadline_us(time), real.select(count, in, out, odd, time), result > 0);
}

int wrap___select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time)
{
    if (time && time->tv_sec == 0 && time->tv_usec == 0)
        return real.__select(count, in, out, odd, time);
    BLOCKING(WAIT_SELECT, 0, deadline_us(time), real.__select(count, in, out, odd, time),
             result > 0);
}

int wrap_pselect(int count, fd_set *in, fd_set *out, fd_set *odd, const struct timespec *time,
                 const sigset_t *mask)
{
    if (is_zero(time))
        return real.pselect(count, in, out, odd, time, mask);
    BLOCKING(WAIT_SELECT, 0, deadline_in(time), real.pselect(count, in, out, odd, time, mask),
             result > 0);
}

int wrap_epoll_wait(int fd, struct epoll_event *events, int count, int ms)
{
    if (ms == 0)
        return real.epoll_wait(fd, events, count, ms);
    BLOCKING(WAIT_EPOLL, fd, deadline_ms(ms), real.epoll_wait(fd, events, count, ms), result > 0);
}

int wrap_epoll_pwait(int fd, struct epoll_event *events, int count, int ms, const sigset_t *mask)
{
    if (ms == 0)
        return real.epoll_pwait(fd, events, count, ms, mask);
    BLOCKING(WAIT_EPOLL, fd, deadline_ms(ms), real.epoll_pwait(fd, events, count, ms, mask),
             result > 0);
}

int wrap_epoll_pwait2(int fd, struct epoll_event *events, int count, const struct timespec *time,
                      const sigset_t *mask)
{
    if (is_zero(time))
        return real.epoll_pwait2(fd, events, count, time, mask);
    BLOCKING(WAIT_EPOLL, fd, deadline_in(time), real.epoll_pwait2(fd, events, count, time, mask),
             result > 0);
}
