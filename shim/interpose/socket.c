/* Sockets: what makes, names, connects and accepts them. */
#include "interpose/handles.h"
#include "interpose/passing.h"
#include "state/carrier_socket.h"
#include "state/stack.h"

static void born(struct thread *self, int fd, bool cloexec, link_t link, const void *frame)
{
    struct handle_birth birth = {.kind = HANDLE_KIND_FD_SOCKET,
                                 .flags = cloexec ? HANDLE_CLOEXEC : 0,
                                 .stack = stack_here(self, frame)};
    descriptor_born(self, fd, &birth, link);
}

int wrap_socket(int domain, int type, int protocol)
{
    int fd = real.socket(domain, type, protocol);
    if (unlikely(fd < 0))
        opening_failed(FRAME);
    struct thread *self = fd < 0 ? NULL : guard_enter();
    if (!self)
        return fd;
    born(self, fd, type & SOCK_CLOEXEC, carrier_of_socket(domain, type), FRAME);
    guard_leave(self);
    return fd;
}

int socket_pair_opened(int result, const int fds[2], bool cloexec, const void *frame)
{
    if (unlikely(result < 0))
        opening_failed(frame);
    struct thread *self = result < 0 ? NULL : guard_enter();
    if (!self)
        return result;
    link_t links[2];
    struct passing passing = {self, frame, ACCESS_WRITE, SIZE_MAX};
    carrier_make_pair(CARRIER_PAIR, links);
    for (int i = 0; i < 2; i++)
        born(self, fds[i], cloexec, links[i], frame);
    if (carriers_watched())
        pass_bytes(&passing, fds, 2 * sizeof fds[0]);
    guard_leave(self);
    return result;
}

int wrap_socketpair(int domain, int type, int protocol, int fds[2])
{
    return STAYING(socket_pair_opened(real.socketpair(domain, type, protocol, fds), fds,
                                      type & SOCK_CLOEXEC, FRAME));
}

int wrap_bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    int result = real.bind(fd, address, size);
    USED(fd);
    struct thread *self = result < 0 ? NULL : guard_enter();
    if (!self)
        return result;
    carrier_bound(self, fd);
    guard_leave(self);
    return result;
}

int wrap_listen(int fd, int backlog)
{
    struct thread *self = guard_enter();
    if (self) {
        carrier_listens(self, fd);
        guard_leave(self);
    }
    int result = real.listen(fd, backlog);
    USED(fd);
    return result;
}

/* ---- accept */

static int accepted(int fd, int got, struct sockaddr *address, socklen_t *size, bool cloexec,
                    const void *frame)
{
    if (unlikely(got < 0))
        opening_failed(frame);
    struct thread *self = guard_enter();
    if (!self)
        return got;
    struct passing passing = {self, frame, ACCESS_WRITE, SIZE_MAX};
    if (got < 0) {
        if (carriers_watched())
            pass_takes(self, fd, true);
    } else {
        born(self, got, cloexec, carrier_accepted(self, fd, got), frame);
        if (carriers_watched() && address && size) {
            pass_bytes(&passing, address, *size);
            pass_bytes(&passing, size, sizeof *size);
        }
    }
    guard_leave(self);
    return got;
}

#define ACCEPT(call, cloexec)                                                                      \
    do {                                                                                           \
        struct thread *self = guard_enter();                                                       \
        bool waits = false;                                                                        \
        if (likely(self)) {                                                                        \
            if (carriers_watched())                                                                \
                pass_uses(self, fd, FRAME);                                                        \
            waits = wait_begin(self, WAIT_ACCEPT, (uint64_t)fd, WAIT_FOREVER, FRAME);              \
            guard_leave(self);                                                                     \
        }                                                                                          \
        int got = call;                                                                            \
        if (waits)                                                                                 \
            wait_end(self, got >= 0);                                                              \
        USED_WHEN(got < 0, fd, false);                                                             \
        return accepted(fd, got, address, size, cloexec, FRAME);                                   \
    } while (0)

int wrap_accept(int fd, struct sockaddr *address, socklen_t *size)
{
    ACCEPT(real.accept(fd, address, size), false);
}

int wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    ACCEPT(real.accept4(fd, address, size, flags), flags & SOCK_CLOEXEC);
}

/* ---- connect */

static struct carrier *connecting(struct thread *self, int fd, const struct sockaddr *address,
                                  socklen_t size, const void *frame)
{
    struct passing passing = {self, frame, ACCESS_READ, SIZE_MAX};
    if (carriers_watched()) {
        pass_bytes(&passing, address, size);
        pass_uses(self, fd, frame);
    }
    return carrier_connecting(self, fd, address, size);
}

static int connected(int fd, int result, struct carrier *listener)
{
    struct thread *self = guard_enter();
    if (!self)
        return result;
    bool under_way = errno == EINPROGRESS || errno == EINTR;
    carrier_connected(self, fd, listener, result == 0 || under_way);
    guard_leave(self);
    return result;
}

#define CONNECT(call)                                                                              \
    do {                                                                                           \
        struct thread *self = guard_enter();                                                       \
        struct carrier *listener = NULL;                                                           \
        bool waits = false;                                                                        \
        if (likely(self)) {                                                                        \
            listener = connecting(self, fd, address, size, FRAME);                                 \
            waits = wait_begin(self, WAIT_CONNECT, (uint64_t)fd, WAIT_FOREVER, FRAME);             \
            guard_leave(self);                                                                     \
        }                                                                                          \
        int result = call;                                                                         \
        if (waits)                                                                                 \
            wait_end(self, result >= 0);                                                           \
        USED(fd);                                                                                  \
        return connected(fd, result, listener);                                                    \
    } while (0)

int wrap_connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t size)
{
    const struct sockaddr *address = to.__sockaddr__;
    CONNECT(real.connect(fd, to, size));
}

int wrap___connect(int fd, const struct sockaddr *address, socklen_t size)
{
    CONNECT(real.__connect(fd, address, size));
}

/* Wakes who waits at either end; unlike a close it may. */
int wrap_shutdown(int fd, int how)
{
    struct thread *self = carriers_watched() ? guard_enter() : NULL;
    if (self) {
        pass_uses(self, fd, FRAME);
        carrier_gives_all(self, fd);
        guard_leave(self);
    }
    int result = real.shutdown(fd, how);
    USED(fd);
    return result;
}
