#include "interpose/passing.h"

#include <sys/signalfd.h>

#include "interpose/handles.h"
#include "state/carrier_rights.h"
#include "state/carrier_socket.h"
#include "state/readable.h"
#include "state/signal_clock.h"
#include "state/stack.h"

static struct passing whole_of(const struct passing *passing)
{
    struct passing whole = *passing;
    whole.most = SIZE_MAX;
    return whole;
}

void pass_parts(const struct passing *passing, const struct iovec *parts, size_t count)
{
    size_t left = passing->most;
    if (count > MESSAGES_MOST ||
        !memory_range_is_readable(passing->self, parts, count * sizeof *parts))
        return;
    pass_whole(passing, parts, count * sizeof *parts, ACCESS_READ);
    for (size_t i = 0; i < count && left; i++) {
        struct passing part = *passing;
        part.most = left;
        pass_bytes(&part, parts[i].iov_base, parts[i].iov_len);
        left -= parts[i].iov_len < left ? parts[i].iov_len : left;
    }
}

void pass_message(const struct passing *passing, const struct msghdr *message)
{
    struct passing whole = whole_of(passing);
    if (!memory_range_is_readable(passing->self, message, sizeof *message))
        return;
    pass_whole(passing, message, sizeof *message, ACCESS_READ);
    pass_parts(passing, message->msg_iov, message->msg_iovlen);
    pass_whole(&whole, message->msg_name, message->msg_namelen, passing->how);
    pass_whole(&whole, message->msg_control, message->msg_controllen, passing->how);
}

/* Each message's own length counts, not the number of messages. */
void pass_messages(const struct passing *passing, const struct mmsghdr *messages, unsigned count)
{
    bool taken = passing->how == ACCESS_WRITE;
    if (taken && count > passing->most)
        count = (unsigned)passing->most;
    if (count > MESSAGES_MOST ||
        !memory_range_is_readable(passing->self, messages, count * sizeof *messages))
        return;
    for (unsigned i = 0; i < count; i++) {
        struct passing one = *passing;
        one.most = taken ? messages[i].msg_len : SIZE_MAX;
        pass_message(&one, &messages[i].msg_hdr);
        if (taken)
            pass_whole(passing, &messages[i].msg_len, sizeof messages[i].msg_len, ACCESS_WRITE);
    }
}

void pass_uses(struct thread *self, int fd, const void *frame)
{
    handle_race_use(self, fd, frame);
}

void pass_gives(struct thread *self, int fd, const void *frame)
{
    handle_race_use(self, fd, frame);
    carrier_gives(self, fd);
}

void pass_takes(struct thread *self, int fd, bool failed)
{
    if (!failed || (errno != EAGAIN && errno != EINTR))
        carrier_takes(self, fd);
}

void pass_sends(struct thread *self, int fd, const struct sockaddr *to, socklen_t size,
                const void *frame)
{
    handle_race_use(self, fd, frame);
    struct descriptor *at = descriptor_find(fd);
    if (at && at->link & LINK_DATAGRAM)
        carrier_sends(self, fd, to, size);
    else
        carrier_gives(self, fd);
}

void pass_sends_message(struct thread *self, int fd, const struct msghdr *message,
                        const void *frame)
{
    bool known = memory_range_is_readable(self, message, sizeof *message);
    pass_sends(self, fd, known ? message->msg_name : NULL, known ? message->msg_namelen : 0, frame);
}

void pass_signals(struct thread *self, int fd, const void *buffer, size_t size)
{
    struct descriptor *at = descriptor_find(fd);
    if (!at || !(at->link & LINK_SIGNALS))
        return;
    const struct signalfd_siginfo *info = buffer;
    for (; size >= sizeof *info; info++, size -= sizeof *info)
        signal_met(self, (int)info->ssi_signo);
}

static void received(struct thread *self, int fd, uint32_t stack)
{
    struct handle_birth birth = {.kind = HANDLE_KIND_FD_OTHER, .stack = stack};
    descriptor_born(self, fd, &birth, carrier_received(self, fd));
}

void pass_rights(struct thread *self, const struct msghdr *message, bool is_received,
                 const void *frame)
{
    if (!memory_range_is_readable(self, message, sizeof *message) || !message->msg_control ||
        !memory_range_is_readable(self, message->msg_control, message->msg_controllen))
        return;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at;
         at = CMSG_NXTHDR((struct msghdr *)message, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        const int *fds = (const int *)CMSG_DATA(at);
        size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
        for (size_t i = 0; i < count && i < 253 /* SCM_MAX_FD of net/scm.h */; i++) {
            if (is_received)
                received(self, fds[i], stack_here(self, frame));
            else
                carrier_sent(self, fds[i]);
        }
    }
}

void message_received(const struct msghdr *message, const void *frame)
{
    struct thread *self = message->msg_controllen && message->msg_control ? guard_enter() : NULL;
    if (!self)
        return;
    pass_rights(self, message, true, frame);
    guard_leave(self);
}
