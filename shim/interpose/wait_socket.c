/* Waiting on sockets. accept is a birth too: see the descriptors. */
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
    TAKE(fd, real.recvfrom(fd, buffer, size, flags, from, from_size), BYTES(buffer, size));
}

ssize_t wrap___recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
                            struct sockaddr *from, socklen_t *from_size)
{
    TAKE(fd, real.__recvfrom_chk(fd, buffer, size, room, flags, from, from_size),
         BYTES(buffer, size));
}

ssize_t wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    TAKE(fd, real.recvmsg(fd, message, flags), MESSAGE(message));
}

/* The time is looked at only after each datagram, so without one it waits for good all the same. */
int wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                  struct timespec *time)
{
    TAKE(fd, real.recvmmsg(fd, messages, count, flags, time), MESSAGES(messages, count));
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
    GIVE(fd, real.sendto(fd, buffer, size, flags, to, to_size), BYTES(buffer, size));
}

ssize_t wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    GIVE(fd, real.sendmsg(fd, message, flags), MESSAGE(message));
}

int wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    GIVE(fd, real.sendmmsg(fd, messages, count, flags), MESSAGES(messages, count));
}

int wrap_connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    BLOCKING_FD(WAIT_CONNECT, fd, real.connect(fd, address, size));
}

int wrap___connect(int fd, const struct sockaddr *address, socklen_t size)
{
    BLOCKING_FD(WAIT_CONNECT, fd, real.__connect(fd, address, size));
}
