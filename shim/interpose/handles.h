/* What the wrappers of descriptors and streams share. */
#ifndef HOLDFAST_INTERPOSE_HANDLES_H
#define HOLDFAST_INTERPOSE_HANDLES_H

#include <errno.h>

#include "state/carrier.h"
#include "state/handle.h"

/* A call has returned fd: tells all that keep something by number. link: what it is an end of, 0 =
   to be asked when it matters. Guard entered. */
void descriptor_born(struct thread *self, int fd, const struct handle_birth *birth, link_t link);

/* The same for what carries nothing, or is asked what it is when that matters. fd: as the call
   returned it, and returned again. frame: the wrapper's. */
int descriptor_opened(int fd, enum handle_kind kind, bool cloexec, const char *name,
                      const void *frame);

/* The descriptor under a new stream or directory belongs to it from now on. over: it was there
   before; else it is of this kind and born as birth says. Guard entered. */
void handle_own_descriptor(struct thread *self, int fd, uint64_t owner, bool over,
                           enum handle_kind kind, const struct handle_birth *birth);

/* What a close that comes back needs to know. */
struct closing {
    bool told; /* to the table of handles */
    struct handle_closing what;
};

/* Before fd is closed, and after: result is what the call returned, and returned again. */
void descriptor_closing(int fd, const void *frame, struct closing *ret_closing);
int descriptor_closed(int fd, int result, const struct closing *closing);

/* What duplicates, controls and closes ranges, before and after the real call, which syscall() may
   make too. target: the number that the copy is made over, and which is closed if that succeeds.
   Results are returned again. */
int descriptor_duplicated(int fd, int copy, uint16_t flags, const void *frame);
void descriptor_giving_up(int target, const void *frame);
int descriptor_duplicated_over(int fd, int copy, int target, bool cloexec, const void *frame);
void descriptor_controls(int fd, int command, const void *argument, const void *frame);
int descriptor_controlled(int fd, int command, const void *argument, int result, const void *frame);
void descriptor_range_closing(unsigned first, unsigned last, int flags, const void *frame);
int descriptor_range_closed(unsigned first, unsigned last, int flags, int result);

/* Numbers of system calls below this one are looked up when syscall() makes them. */
#define SYSCALLS_WATCHED 512

/* fsopen(2), fspick(2), fsmount(2) and their flags, in linux/mount.h: FSOPEN_CLOEXEC,
   FSPICK_CLOEXEC, FSMOUNT_CLOEXEC. */
#define MOUNT_CLOEXEC 1u

/* After calls that make two descriptors (interpose/event.c, socket.c). */
int pipe_opened(int result, const int fds[2], bool cloexec, const void *frame);
int socket_pair_opened(int result, const int fds[2], bool cloexec, const void *frame);

/* Before a call that starts a shell (system, popen), which inherits what is not close-on-exec. */
void descriptors_go_on(const void *frame);

/* After an ioctl, most of which open nothing (interpose/descriptor_kinds.c). */
int request_opened(unsigned long request, const void *argument, int result, const void *frame);

/* A call that opens has failed: was no descriptor free? errno is kept. frame: the wrapper's. */
void opening_refused(int error, const void *frame);
static inline void opening_failed(const void *frame)
{
    int error = errno;
    if (unlikely(error == EMFILE || error == ENFILE))
        opening_refused(error, frame);
}

/* Entered when handles are watched; NULL: pass the call through. */
static inline struct thread *handles_enter(void)
{
    struct thread *self = guard_enter();
    if (self && observing.handles)
        return self;
    if (self)
        guard_leave(self);
    return NULL;
}

#endif
