/* Data through sockets. */
#include "interpose/passing.h"

ssize_t wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    TAKE(fd, real.recv(fd, buffer, size, flags), BYTES(buffer, size));
}

ssize_t wrap___recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
    TAKE(fd, real.__recv_chk(fd, buffer, size, room, flags), BYTES(buffer, size));
}

ssize_t wrap_recvfrom(int fd, void *buffer, size_t size, int flags, __SOCKADDR_ARG from,
                      socklen_t *from_size)
{
    TAKE(fd, real.recvfrom(fd, buffer, size, flags, from, from_size), {
        BYTES(buffer, size);
        ADDRESS(from.__sockaddr__, from_size);
    });
}

ssize_t wrap___recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
                            struct sockaddr *from, socklen_t *from_size)
{
    TAKE(fd, real.__recvfrom_chk(fd, buffer, size, room, flags, from, from_size), {
        BYTES(buffer, size);
        ADDRESS(from, from_size);
    });
}

/* Inlined, so that its frame is the wrapper's. */
static inline __attribute__((always_inline)) ssize_t
received_message(int fd, struct msghdr *message, int flags)
{
    TAKE(fd, real.recvmsg(fd, message, flags), MESSAGE(message));
}

ssize_t wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t result = received_message(fd, message, flags);
    if (result >= 0)
        message_received(message, FRAME);
    return result;
}

/* The time is looked at only after each datagram, so without one it waits for good all the same. */
static inline __attribute__((always_inline)) int received_messages(int fd, struct mmsghdr *messages,
                                                                   unsigned count, int flags,
                                                                   struct timespec *time)
{
    TAKE(fd, real.recvmmsg(fd, messages, count, flags, time), MESSAGES(messages, count));
}

int wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                  struct timespec *time)
{
    int result = received_messages(fd, messages, count, flags, time);
    for (int i = 0; i < result; i++)
        message_received(&messages[i].msg_hdr, FRAME);
    return result;
}

ssize_t wrap_send(int fd, const void *buffer, size_t size, int flags)
{
    GIVE(fd, real.send(fd, buffer, size, flags), BYTES(buffer, size));
}

ssize_t wrap___send(int fd, const void *buffer, size_t size, int flags)
{
    GIVE(fd, real.__send(fd, buffer, size, flags), BYTES(buffer, size));
}

ssize_t wrap_sendto(int fd, const void *buffer, size_t size, int flags, __CONST_SOCKADDR_ARG to,
                    socklen_t to_size)
{
    PASS_WHEN(
        WAIT_WRITE, waitless_has(fd), fd, WAIT_FOREVER,
        real.sendto(fd, buffer, size, flags, to, to_size), result >= 0, USED(fd),
        {
            BYTES(buffer, size);
            pass_whole(&passing, to.__sockaddr__, to_size, ACCESS_READ);
            pass_sends(self, fd, to.__sockaddr__, to_size, FRAME);
        },
        unlikely(result < 0), pass_takes(self, fd, true));
}

ssize_t wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    PASS_WHEN(
        WAIT_WRITE, waitless_has(fd), fd, WAIT_FOREVER, real.sendmsg(fd, message, flags),
        result >= 0, USED(fd),
        {
            MESSAGE(message);
            pass_rights(self, message, false, FRAME);
            pass_sends_message(self, fd, message, FRAME);
        },
        unlikely(result < 0), pass_takes(self, fd, true));
}

int wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    PASS_WHEN(
        WAIT_WRITE, waitless_has(fd), fd, WAIT_FOREVER, real.sendmmsg(fd, messages, count, flags),
        result >= 0, USED(fd),
        {
            MESSAGES(messages, count);
            for (unsigned i = 0; i < count && i < MESSAGES_MOST; i++) {
                pass_rights(self, &messages[i].msg_hdr, false, FRAME);
                pass_sends_message(self, fd, &messages[i].msg_hdr, FRAME);
            }
        },
        unlikely(result < 0), pass_takes(self, fd, true));
}
