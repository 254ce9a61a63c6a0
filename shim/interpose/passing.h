/*
 * The shape of every wrapper of a call that passes data through a descriptor: what the kernel will
 * read is told, and what this thread did is given to the carrier, before the call; what was done by
 * whoever wrote is taken, and what the kernel has written is told, after it.
 *
 *     ssize_t wrap_write(int fd, const void *buffer, size_t size)
 *     {
 *         GIVE(fd, real.write(fd, buffer, size), BYTES(buffer, size));
 *     }
 *
 * With one thread nothing of this is done: there is nobody to race with.
 */
#ifndef HOLDFAST_INTERPOSE_PASSING_H
#define HOLDFAST_INTERPOSE_PASSING_H

#include <errno.h>

#include "detect/handle_race.h"
#include "interpose/access.h"
#include "interpose/blocking.h"
#include "state/carrier.h"
#include "state/constant.h"
#include "state/waitless.h"

/* What a call touches. how: ACCESS_READ before it, ACCESS_WRITE after it; most: bytes (or messages)
   that it has moved, SIZE_MAX before it. */
struct passing {
    struct thread *self;
    const void *frame;
    unsigned how;
    size_t most;
};

/* An argument that is read or written whole, whatever moved. */
static inline void pass_whole(const struct passing *passing, const void *at, size_t size,
                              unsigned how)
{
    if (at && size && !race_is_on_record((uintptr_t)at, size, how & ACCESS_WRITE) &&
        (how & ACCESS_WRITE || !constant_has((uintptr_t)at, size)))
        race_access(passing->self, (uintptr_t)at, size, how,
                    &(struct origin){.stack = origin_frame, .frame = passing->frame});
}

static inline void pass_bytes(const struct passing *passing, const void *buffer, size_t size)
{
    pass_whole(passing, buffer, size < passing->most ? size : passing->most, passing->how);
}

/* These may be called before the real call too: an address that cannot be read is the kernel's to
   refuse. */
void pass_parts(const struct passing *passing, const struct iovec *parts, size_t count);
void pass_message(const struct passing *passing, const struct msghdr *message);
#define MESSAGES_MOST 1024u /* UIO_MAXIOV of linux/uio.h: more is refused */
void pass_messages(const struct passing *passing, const struct mmsghdr *messages, unsigned count);

#define BYTES(buffer, size)       pass_bytes(&passing, buffer, size)
#define PARTS(parts, count)       pass_parts(&passing, parts, (size_t)(count))
#define MESSAGE(message)          pass_message(&passing, message)
#define MESSAGES(messages, count) pass_messages(&passing, messages, count)
#define ADDRESS(address, size)    pass_address(&passing, address, size)

/* The sender's, after the call. */
static inline void pass_address(const struct passing *passing, const void *address,
                                const socklen_t *size)
{
    if (!address || !size)
        return;
    pass_whole(passing, address, *size, ACCESS_WRITE);
    pass_whole(passing, size, sizeof *size, ACCESS_WRITE);
}

/* Before: fd is used; and given to; a datagram is given to where it goes. */
void pass_uses(struct thread *self, int fd, const void *frame);
void pass_gives(struct thread *self, int fd, const void *frame);
void pass_sends(struct thread *self, int fd, const struct sockaddr *to, socklen_t size,
                const void *frame);
void pass_sends_message(struct thread *self, int fd, const struct msghdr *message,
                        const void *frame);

/* After: what was given is taken, unless there was nothing yet. */
void pass_takes(struct thread *self, int fd, bool failed);

/* Descriptors that go with a message: sent, and (each a new number) received. */
void pass_rights(struct thread *self, const struct msghdr *message, bool received,
                 const void *frame);

/* After a call that received a message, by whatever way it was made. */
void message_received(const struct msghdr *message, const void *frame);

/* A signalfd's: signals are met by reading them. */
void pass_signals(struct thread *self, int fd, const void *buffer, size_t size);

/* The body of such a wrapper. kind: 0 = it does not wait; waitless: neither does it for this very
   descriptor (state/waitless.h), so that without threads there is nothing to do; before, after:
   statements that see self, passing, and (after) result. when: an expression of result; after is
   left out where it is false. used: USED(fd) for what was given to the call, whether or not
   anything else is watched. The stack is walked once. */
#define PASS_WHEN(kind, waitless, object, deadline, call, woken, used, before, when, after)        \
    do {                                                                                           \
        bool nothing = !carriers_watched() && (waitless);                                          \
        struct thread *self = nothing ? NULL : guard_enter();                                      \
        struct passing passing = {self, FRAME, ACCESS_READ, SIZE_MAX};                             \
        bool waits = false;                                                                        \
        uint32_t stack = 0;                                                                        \
        (void)passing;                                                                             \
        if (likely(self)) {                                                                        \
            if (carriers_watched()) {                                                              \
                self->stack_frame = FRAME;                                                         \
                self->stack_known = 0;                                                             \
                before;                                                                            \
            }                                                                                      \
            waits = (kind) != 0 && !(waitless) &&                                                  \
                    wait_begin(self, kind, (uint64_t)(object), deadline, FRAME);                   \
            stack = self->stack_frame ? self->stack_known : 0;                                     \
            self->stack_frame = NULL;                                                              \
            guard_leave(self);                                                                     \
        }                                                                                          \
        __typeof__(call) result = call;                                                            \
        if (likely(waits))                                                                         \
            wait_end(self, woken);                                                                 \
        used;                                                                                      \
        if (carriers_watched() && (when) && (self = guard_enter())) {                              \
            passing.self = self;                                                                   \
            passing.how = ACCESS_WRITE;                                                            \
            passing.most = result < 0 ? 0 : (size_t)result;                                        \
            self->stack_frame = FRAME;                                                             \
            self->stack_known = stack;                                                             \
            after;                                                                                 \
            self->stack_frame = NULL;                                                              \
            guard_leave(self);                                                                     \
        }                                                                                          \
        return result;                                                                             \
    } while (0)

#define PASS(kind, object, deadline, call, woken, used, before, after)                             \
    PASS_WHEN(kind, false, object, deadline, call, woken, used, before, true, after)

#define GIVE(fd, call, touched)                                                                    \
    PASS_WHEN(                                                                                     \
        WAIT_WRITE, waitless_has(fd), fd, WAIT_FOREVER, call, result >= 0, USED(fd),               \
        {                                                                                          \
            touched;                                                                               \
            pass_gives(self, fd, FRAME);                                                           \
        },                                                                                         \
        unlikely(result < 0), pass_takes(self, fd, true))

#define TAKE(fd, call, touched)                                                                    \
    PASS_WHEN(WAIT_READ, waitless_has(fd), fd, WAIT_FOREVER, call, result >= 0, USED(fd),          \
              pass_uses(self, fd, FRAME), true, {                                                  \
                  pass_takes(self, fd, result < 0);                                                \
                  if (result > 0)                                                                  \
                      touched;                                                                     \
              })

#endif
