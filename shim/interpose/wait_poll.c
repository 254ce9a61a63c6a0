/* Waiting for any of several descriptors. With a time of zero nobody waits. Who finds one ready has
   seen what was written to it. */
#include "detect/handle_use.h"
#include "interpose/handles.h"
#include "interpose/passing.h"
#include "state/called.h"
#include "state/carrier_epoll.h"
#include "state/readable.h"
#include "state/signals.h"
#include "state/stack.h"

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
    return time && time_is_readable(time) && time->tv_sec == 0 && time->tv_nsec == 0;
}

/* ---- poll */

#define FDS_MOST (1u << 16)

static void poll_uses(const struct passing *passing, const struct pollfd *fds, nfds_t count)
{
    if (count > FDS_MOST || !memory_range_is_readable(passing->self, fds, count * sizeof *fds))
        return;
    pass_whole(passing, fds, count * sizeof *fds, ACCESS_READ);
    for (nfds_t i = 0; i < count; i++)
        if (fds[i].fd >= 0)
            handle_race_use(passing->self, fds[i].fd, passing->frame);
}

static void poll_takes(const struct passing *passing, const struct pollfd *fds, nfds_t count)
{
    for (nfds_t i = 0; i < count; i++) {
        pass_whole(passing, &fds[i].revents, sizeof fds[i].revents, ACCESS_WRITE);
        if (fds[i].revents && fds[i].fd >= 0)
            carrier_takes(passing->self, fds[i].fd);
    }
}

/* A closed one is an event of its own. */
static inline __attribute__((always_inline)) void poll_used(const struct pollfd *fds, nfds_t count,
                                                            int result, const void *frame)
{
    for (nfds_t i = 0; result > 0 && i < count; i++) {
        result -= fds[i].revents != 0;
        if (unlikely(fds[i].revents & POLLNVAL))
            descriptor_use_failed(fds[i].fd, false, frame);
    }
}

#define POLL(blocks, deadline, call)                                                               \
    PASS((blocks) ? WAIT_POLL : 0, 0, (blocks) ? deadline : WAIT_FOREVER, call, result > 0,        \
         poll_used(fds, count, result, FRAME), poll_uses(&passing, fds, count),                    \
         if (result >= 0) poll_takes(&passing, fds, count))

int wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
    POLL(ms != 0, deadline_ms(ms), real.poll(fds, count, ms));
}

int wrap___poll(struct pollfd *fds, nfds_t count, int ms)
{
    POLL(ms != 0, deadline_ms(ms), real.__poll(fds, count, ms));
}

int wrap___poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room)
{
    POLL(ms != 0, deadline_ms(ms), real.__poll_chk(fds, count, ms, room));
}

int wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    sigset_t kept;
    POLL(!is_zero(time), deadline_in(time),
         real.ppoll(fds, count, time, signals_mask_in(mask, &kept)));
}

int wrap___ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *time,
                     const sigset_t *mask, size_t room)
{
    sigset_t kept;
    POLL(!is_zero(time), deadline_in(time),
         real.__ppoll_chk(fds, count, time, signals_mask_in(mask, &kept), room));
}

/* ---- select */

struct sets {
    fd_set *set[3];
};

/* The kernel looks at whole words of each set (core_sys_select in fs/select.c). */
static size_t set_size(int count)
{
    return ((size_t)count + 63) / 64 * 8;
}

static void each_in_sets(const struct passing *passing, int count, const struct sets *sets,
                         void (*visit)(const struct passing *passing, int fd))
{
    for (int word = 0; word * 64 < count; word++) {
        uint64_t bits = 0;
        for (int i = 0; i < 3; i++)
            if (sets->set[i])
                bits |= ((const uint64_t *)sets->set[i])[word];
        for (; bits; bits &= bits - 1)
            visit(passing, word * 64 + __builtin_ctzll(bits));
    }
}

static void visit_use(const struct passing *passing, int fd)
{
    handle_race_use(passing->self, fd, passing->frame);
}

static void visit_take(const struct passing *passing, int fd)
{
    carrier_takes(passing->self, fd);
}

static void select_uses(const struct passing *passing, int count, const struct sets *sets)
{
    if (count <= 0 || (unsigned)count > FDS_MOST)
        return;
    for (int i = 0; i < 3; i++)
        if (sets->set[i] && !memory_range_is_readable(passing->self, sets->set[i], set_size(count)))
            return;
    for (int i = 0; i < 3; i++)
        pass_whole(passing, sets->set[i], set_size(count), ACCESS_READ);
    each_in_sets(passing, count, sets, visit_use);
}

static void select_takes(const struct passing *passing, int count, const struct sets *sets)
{
    if (count <= 0 || (unsigned)count > FDS_MOST)
        return;
    for (int i = 0; i < 3; i++)
        pass_whole(passing, sets->set[i], set_size(count), ACCESS_WRITE);
    each_in_sets(passing, count, sets, visit_take);
}

static void visit_used(const struct passing *passing, int fd)
{
    uint32_t stack = stack_here(passing->self, passing->frame);
    handle_use_failed(passing->self, fd, stack, called_by(stack), false);
}

/* The sets are as they were when the call failed. */
static __attribute__((noinline)) void select_failed(int count, const struct sets *sets,
                                                    const void *frame)
{
    struct thread *self = count > 0 && (unsigned)count <= FDS_MOST ? handles_enter() : NULL;
    if (!self)
        return;
    const struct passing passing = {self, frame, ACCESS_READ, SIZE_MAX};
    called_note(frame);
    each_in_sets(&passing, count, sets, visit_used);
    guard_leave(self);
}

static inline __attribute__((always_inline)) void select_used(int count, const struct sets *sets,
                                                              int result, const void *frame)
{
    if (unlikely(result < 0) && errno == EBADF)
        select_failed(count, sets, frame);
}

#define SELECT(blocks, deadline, call)                                                             \
    const struct sets sets = {{in, out, odd}};                                                     \
    PASS((blocks) ? WAIT_SELECT : 0, 0, (blocks) ? deadline : WAIT_FOREVER, call, result > 0,      \
         select_used(count, &sets, result, FRAME), select_uses(&passing, count, &sets),            \
         if (result >= 0) select_takes(&passing, count, &sets))

int wrap_select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time)
{
    bool blocks = !time || time->tv_sec || time->tv_usec;
    SELECT(blocks, deadline_us(time), real.select(count, in, out, odd, time));
}

int wrap___select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time)
{
    bool blocks = !time || time->tv_sec || time->tv_usec;
    SELECT(blocks, deadline_us(time), real.__select(count, in, out, odd, time));
}

int wrap_pselect(int count, fd_set *in, fd_set *out, fd_set *odd, const struct timespec *time,
                 const sigset_t *mask)
{
    sigset_t kept;
    SELECT(!is_zero(time), deadline_in(time),
           real.pselect(count, in, out, odd, time, signals_mask_in(mask, &kept)));
}

/* ---- epoll */

static void epoll_takes(const struct passing *passing, int fd, const struct epoll_event *events,
                        int count)
{
    carrier_takes(passing->self, fd);
    pass_whole(passing, events, (size_t)count * sizeof *events, ACCESS_WRITE);
    for (int i = 0; i < count; i++)
        carrier_epoll_ready(passing->self, fd, events[i].data.u64);
}

#define EPOLL(blocks, deadline, call)                                                              \
    PASS((blocks) ? WAIT_EPOLL : 0, fd, (blocks) ? deadline : WAIT_FOREVER, call, result > 0,      \
         USED(fd), pass_uses(self, fd, FRAME),                                                     \
         if (result > 0) epoll_takes(&passing, fd, events, result))

int wrap_epoll_wait(int fd, struct epoll_event *events, int count, int ms)
{
    EPOLL(ms != 0, deadline_ms(ms), real.epoll_wait(fd, events, count, ms));
}

int wrap_epoll_pwait(int fd, struct epoll_event *events, int count, int ms, const sigset_t *mask)
{
    sigset_t kept;
    EPOLL(ms != 0, deadline_ms(ms),
          real.epoll_pwait(fd, events, count, ms, signals_mask_in(mask, &kept)));
}

int wrap_epoll_pwait2(int fd, struct epoll_event *events, int count, const struct timespec *time,
                      const sigset_t *mask)
{
    sigset_t kept;
    EPOLL(!is_zero(time), deadline_in(time),
          real.epoll_pwait2(fd, events, count, time, signals_mask_in(mask, &kept)));
}

static void controls(struct thread *self, int epoll, int operation, int fd,
                     const struct epoll_event *event, const void *frame)
{
    struct passing passing = {self, frame, ACCESS_READ, SIZE_MAX};
    if (carriers_watched()) {
        handle_race_use(self, epoll, frame);
        handle_race_use(self, fd, frame);
    }
    if (operation == EPOLL_CTL_DEL || !memory_range_is_readable(self, event, sizeof *event))
        return;
    if (carriers_watched())
        pass_whole(&passing, event, sizeof *event, ACCESS_READ);
    carrier_epoll_adds(self, epoll, fd, event->data.u64);
}

int wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    struct thread *self = guard_enter();
    if (self) {
        controls(self, epoll, operation, fd, event, FRAME);
        guard_leave(self);
    }
    int result = real.epoll_ctl(epoll, operation, fd, event);
    USED(epoll);
    USED(fd);
    if (operation == EPOLL_CTL_DEL && result == 0 && (self = guard_enter())) {
        carrier_epoll_removed(self, epoll, fd);
        guard_leave(self);
    }
    return result;
}
