#include "interpose/passing.h"

#include "state/block.h"
#include "state/readable.h"

#define PAGE       4096u
#define PARTS_MOST 1024u /* UIO_MAXIOV of linux/uio.h: more is refused */

/* On its own stack and in live heap blocks nothing needs to be asked. */
bool pass_readable(const struct thread *self, const void *at, size_t size)
{
    uintptr_t start = (uintptr_t)at, end = start + size;
    if (end < start || start < PAGE || end >> 47)
        return false;
    if (start >= (uintptr_t)__builtin_frame_address(0) && end <= self->stack_high)
        return true;
    /* The question is put in words, which must not reach beyond the last byte's page. */
    for (uintptr_t page = start & ~(uintptr_t)(PAGE - 1); page < end; page += PAGE)
        if (!memory_is_readable(page))
            return false;
    return true;
}

static struct passing whole_of(const struct passing *passing)
{
    struct passing whole = *passing;
    whole.most = SIZE_MAX;
    return whole;
}

void pass_parts(const struct passing *passing, const struct iovec *parts, size_t count)
{
    size_t left = passing->most;
    if (count > PARTS_MOST || !pass_readable(passing->self, parts, count * sizeof *parts))
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
    if (!pass_readable(passing->self, message, sizeof *message))
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
    if (count > PARTS_MOST || !pass_readable(passing->self, messages, count * sizeof *messages))
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
