/* Descriptors sent and received over a socket, one message at a time. */
#ifndef HOLDFAST_TESTS_SEND_DESCRIPTORS_H
#define HOLDFAST_TESTS_SEND_DESCRIPTORS_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

union room {
    char bytes[CMSG_SPACE(8 * sizeof(int))];
    struct cmsghdr align;
};

static inline int check(int result)
{
    if (result < 0)
        abort();
    return result;
}

static inline void send_descriptors(int to, const int *fds, unsigned count)
{
    union room room;
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof *fds)};
    memset(&room, 0, sizeof room);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof *fds);
    memcpy(CMSG_DATA(head), fds, count * sizeof *fds);
    check((int)sendmsg(to, &message, 0));
}

/* The ways to receive: inlined, so that the caller is who called. */
typedef ssize_t receive(int from, struct msghdr *message, int flags);

static inline __attribute__((always_inline)) ssize_t receive_many(int from, struct msghdr *message,
                                                                  int flags)
{
    struct mmsghdr messages[1] = {{.msg_hdr = *message}};
    int result = recvmmsg(from, messages, 1, flags, NULL);
    *message = messages[0].msg_hdr;
    return result;
}

static inline __attribute__((always_inline)) ssize_t
receive_by_call(int from, struct msghdr *message, int flags)
{
    return syscall(SYS_recvmsg, from, message, flags);
}

static inline __attribute__((always_inline)) int receive_descriptors(int from, int *ret_fds,
                                                                     unsigned count, receive *call)
{
    union room room;
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    check((int)call(from, &message, 0));
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_len != CMSG_LEN(count * sizeof *ret_fds))
        abort();
    memcpy(ret_fds, CMSG_DATA(head), count * sizeof *ret_fds);
    return 0;
}

#endif
