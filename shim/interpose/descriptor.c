/*
 * Descriptors: what opens, duplicates and closes them (pipes, events and sockets have files of
 * their own). No guard is held across a real call: nearly
 * all of them can block (a FIFO's open, accept, a close that lingers) and are cancellation points.
 */
#include <errno.h>
#include <stdarg.h>

#include "detect/handle_exhausted.h"
#include "detect/handle_misuse.h"
#include "detect/handle_race.h"
#include "detect/handle_stale.h"
#include "interpose/access.h"
#include "interpose/handles.h"
#include "state/called.h"
#include "state/process.h"
#include "state/readable.h"
#include "state/stack.h"
#include "state/wait.h"
#include "state/waitless.h"

void descriptor_born(struct thread *self, int fd, const struct handle_birth *birth, link_t link)
{
    handle_race_opened(self, fd, birth->stack);
    carrier_opened(self, fd, link);
    if (observing.handles)
        handle_fd_opened(self, fd, birth);
}

void opening_refused(int error, const void *frame)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    uint32_t stack = stack_here(self, frame);
    called_note(frame);
    handle_exhausted(self, error, stack, called_by(stack));
    guard_leave(self);
}

int descriptor_opened(int fd, enum handle_kind kind, bool cloexec, const char *name,
                      const void *frame)
{
    if (unlikely(fd < 0))
        opening_failed(frame);
    struct thread *self = fd < 0 ? NULL : guard_enter();
    if (!self)
        return fd;
    struct handle_birth birth = {.kind = kind,
                                 .flags = cloexec ? HANDLE_CLOEXEC : 0,
                                 .stack = stack_here(self, frame),
                                 .name = name};
    descriptor_born(self, fd, &birth, 0);
    guard_leave(self);
    return fd;
}

/* By a path, which was read. */
static int file_opened(int fd, int flags, const char *path, const void *frame)
{
    if (access_watched())
        access_path(path, fd >= 0, frame);
    return descriptor_opened(fd, HANDLE_KIND_FD_FILE, flags & O_CLOEXEC, path, frame);
}

/* ---- open */

/* The mode is there only when the flags ask for it, as in libc; what is passed on otherwise is
   never looked at. */
#define MODE_OF(flags, ret_mode)                                                                   \
    do {                                                                                           \
        ret_mode = 0;                                                                              \
        if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) {                                 \
            va_list rest;                                                                          \
            va_start(rest, flags);                                                                 \
            ret_mode = va_arg(rest, mode_t);                                                       \
            va_end(rest);                                                                          \
        }                                                                                          \
    } while (0)

#define FILE_OPENED(call, path, flags) STAYING(file_opened(call, flags, path, FRAME))

/* The body of those that are given the descriptor of a folder. */
#define OPEN_AT(folder, call, path, flags)                                                         \
    do {                                                                                           \
        if (access_watched())                                                                      \
            USES(folder);                                                                          \
        int result = call;                                                                         \
        USED(folder);                                                                              \
        return FILE_OPENED(result, path, flags);                                                   \
    } while (0)

int wrap_open(const char *path, int flags, ...)
{
    mode_t mode;
    MODE_OF(flags, mode);
    return FILE_OPENED(real.open(path, flags, mode), path, flags);
}

int wrap_open64(const char *path, int flags, ...)
{
    mode_t mode;
    MODE_OF(flags, mode);
    return FILE_OPENED(real.open64(path, flags, mode), path, flags);
}

int wrap___open(const char *path, int flags, ...)
{
    mode_t mode;
    MODE_OF(flags, mode);
    return FILE_OPENED(real.__open(path, flags, mode), path, flags);
}

int wrap___open64(const char *path, int flags, ...)
{
    mode_t mode;
    MODE_OF(flags, mode);
    return FILE_OPENED(real.__open64(path, flags, mode), path, flags);
}

int wrap_openat(int folder, const char *path, int flags, ...)
{
    mode_t mode;
    MODE_OF(flags, mode);
    OPEN_AT(folder, real.openat(folder, path, flags, mode), path, flags);
}

int wrap_openat64(int folder, const char *path, int flags, ...)
{
    mode_t mode;
    MODE_OF(flags, mode);
    OPEN_AT(folder, real.openat64(folder, path, flags, mode), path, flags);
}

/* What open becomes under _FORTIFY_SOURCE when the compiler sees no mode. */
int wrap___open_2(const char *path, int flags)
{
    return FILE_OPENED(real.__open_2(path, flags), path, flags);
}

int wrap___open64_2(const char *path, int flags)
{
    return FILE_OPENED(real.__open64_2(path, flags), path, flags);
}

int wrap___openat_2(int folder, const char *path, int flags)
{
    OPEN_AT(folder, real.__openat_2(folder, path, flags), path, flags);
}

int wrap___openat64_2(int folder, const char *path, int flags)
{
    OPEN_AT(folder, real.__openat64_2(folder, path, flags), path, flags);
}

int wrap_creat(const char *path, mode_t mode)
{
    return FILE_OPENED(real.creat(path, mode), path, 0);
}

int wrap_creat64(const char *path, mode_t mode)
{
    return FILE_OPENED(real.creat64(path, mode), path, 0);
}

int wrap_open_by_handle_at(int mount, struct file_handle *handle, int flags)
{
    return descriptor_opened(real.open_by_handle_at(mount, handle, flags), HANDLE_KIND_FD_FILE,
                             flags & O_CLOEXEC, NULL, FRAME);
}

/* ---- duplicates */

/* copy is a new number for what fd stands for: same kind and name, an owner of its own. One that
   took the place of an open stream's descriptor belongs to that stream: fclose will close it. */
static void copied(struct thread *self, int fd, int copy, uint16_t flags, uint32_t stack)
{
    const struct handle_row *of = handle_fd_find(fd), *target = handle_fd_find(copy);
    bool known = of && handle_state_of(of) == HANDLE_OPEN;
    bool owned =
        target && target->flags & HANDLE_OWNED && handle_state_of(target) == HANDLE_CLOSING;
    struct handle_birth birth = {.kind = known ? (enum handle_kind)of->kind : HANDLE_KIND_FD_OTHER,
                                 .flags = flags | (owned ? HANDLE_OWNED : 0),
                                 .stack = stack,
                                 .name = known ? handle_name(of) : NULL,
                                 .owner = owned ? target->owner : 0};
    handle_fd_opened(self, copy, &birth);
}

int descriptor_duplicated(int fd, int copy, uint16_t flags, const void *frame)
{
    if (unlikely(copy < 0))
        opening_failed(frame);
    struct thread *self = copy < 0 || copy == fd ? NULL : guard_enter();
    if (!self)
        return copy;
    uint32_t stack = stack_here(self, frame);
    handle_race_opened(self, copy, stack);
    carrier_duplicated(self, fd, copy);
    if (observing.handles)
        copied(self, fd, copy, flags, stack);
    guard_leave(self);
    return copy;
}

void descriptor_giving_up(int target, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    uint32_t stack = stack_here(self, frame);
    if (carriers_watched())
        handle_race_closing(self, target, stack);
    carrier_giving_up(self, target);
    if (observing.handles)
        handle_fd_giving_up(self, target, stack);
    guard_leave(self);
}

int descriptor_duplicated_over(int fd, int copy, int target, bool cloexec, const void *frame)
{
    if (copy >= 0)
        return descriptor_duplicated(fd, copy, cloexec ? HANDLE_CLOEXEC : HANDLE_PASSED, frame);
    struct thread *self = guard_enter();
    if (!self)
        return copy;
    carrier_settle(target, false);
    if (observing.handles)
        handle_fd_settle(self, target, false);
    guard_leave(self);
    return copy;
}

#define DUPLICATE_OVER(fd, target, call, cloexec)                                                  \
    do {                                                                                           \
        if (access_watched())                                                                      \
            USES(fd);                                                                              \
        if (fd != target)                                                                          \
            descriptor_giving_up(target, FRAME);                                                   \
        int result = call;                                                                         \
        USED(fd);                                                                                  \
        return descriptor_duplicated_over(fd, result, target, cloexec, FRAME);                     \
    } while (0)

int wrap_dup(int fd)
{
    if (access_watched())
        USES(fd);
    int result = real.dup(fd);
    USED(fd);
    return descriptor_duplicated(fd, result, 0, FRAME);
}

int wrap_dup2(int fd, int target)
{
    DUPLICATE_OVER(fd, target, real.dup2(fd, target), false);
}

int wrap___dup2(int fd, int target)
{
    DUPLICATE_OVER(fd, target, real.__dup2(fd, target), false);
}

int wrap_dup3(int fd, int target, int flags)
{
    DUPLICATE_OVER(fd, target, real.dup3(fd, target, flags), flags & O_CLOEXEC);
}

static void cloexec_set(int fd, bool on)
{
    struct thread *self = handles_enter();
    struct handle_row *row = self ? handle_fd_adopt(self, fd) : NULL;
    if (row && on) {
        __atomic_fetch_or(&row->flags, HANDLE_CLOEXEC, __ATOMIC_RELAXED);
    } else if (row) {
        __atomic_fetch_and(&row->flags, (uint16_t)~HANDLE_CLOEXEC, __ATOMIC_RELAXED);
        __atomic_fetch_or(&row->flags, HANDLE_PASSED, __ATOMIC_RELAXED);
    }
    if (self)
        guard_leave(self);
}

static void locked(int fd)
{
    struct thread *self = carriers_watched() ? guard_enter() : NULL;
    if (!self)
        return;
    carrier_takes_inode(self, fd);
    guard_leave(self);
}

int descriptor_controlled(int fd, int command, const void *argument, int result, const void *frame)
{
    bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (result < 0 && !duplicates)
        return result;
    if (duplicates)
        return descriptor_duplicated(fd, result, command == F_DUPFD_CLOEXEC ? HANDLE_CLOEXEC : 0,
                                     frame);
    if (command == F_SETFL)
        waitless_changed(fd);
    if (command == F_SETFD)
        cloexec_set(fd, (uintptr_t)argument & FD_CLOEXEC);
    if (command == F_OFD_SETLK || command == F_OFD_SETLKW)
        locked(fd);
    return result;
}

/* The locks of open file descriptions order threads; F_SETLK's are the whole process's. */
void descriptor_controls(int fd, int command, const void *argument, const void *frame)
{
    const struct flock *lock = argument;
    struct thread *self = carriers_watched() ? guard_enter() : NULL;
    if (!self)
        return;
    handle_race_use(self, fd, frame);
    if ((command == F_OFD_SETLK || command == F_OFD_SETLKW) &&
        memory_range_is_readable(self, lock, sizeof *lock) && lock->l_type == F_UNLCK)
        carrier_gives_inode(self, fd);
    guard_leave(self);
}

/* libc itself takes the third argument as a pointer whatever the command: a register is a register.
   To ask for the flags is how programs find out whether a number is open. */
#define CONTROL(name)                                                                              \
    va_list rest;                                                                                  \
    va_start(rest, command);                                                                       \
    void *argument = va_arg(rest, void *);                                                         \
    va_end(rest);                                                                                  \
    descriptor_controls(fd, command, argument, FRAME);                                             \
    int result = real.name(fd, command, argument);                                                 \
    USED_WHEN(result < 0 && command != F_GETFD && command != F_GETFL, fd, false);                  \
    return descriptor_controlled(fd, command, argument, result, FRAME)

int wrap_fcntl(int fd, int command, ...)
{
    CONTROL(fcntl);
}

int wrap_fcntl64(int fd, int command, ...)
{
    CONTROL(fcntl64);
}

int wrap___fcntl(int fd, int command, ...)
{
    CONTROL(__fcntl);
}

/* ---- close */

void descriptor_closing(int fd, const void *frame, struct closing *ret_closing)
{
    struct thread *self = guard_enter();
    ret_closing->told = false;
    if (!self)
        return;
    uint32_t stack = stack_here(self, frame);
    if (carriers_watched())
        handle_race_closing(self, fd, stack);
    carrier_closing(self, fd);
    if (observing.handles) {
        handle_fd_closing(self, fd, stack, &ret_closing->what);
        handle_stale_close(self, &ret_closing->what);
        ret_closing->told = true;
    }
    guard_leave(self);
}

/* Whatever else a close fails with, the number is gone (Linux: also with EINTR and EIO). */
int descriptor_closed(int fd, int result, const struct closing *closing)
{
    carrier_settle(fd, true);
    if (likely(result == 0 || !closing->told || errno != EBADF))
        return result;
    struct thread *self = guard_enter();
    if (!self)
        return result;
    handle_close_failed(self, &closing->what, "close");
    guard_leave(self);
    errno = EBADF;
    return result;
}

int wrap_close(int fd)
{
    struct closing what;
    if (unlikely(fd == 2))
        process_stderr_closes(FRAME);
    descriptor_closing(fd, FRAME, &what);
    return descriptor_closed(fd, real.close(fd), &what);
}

int wrap___close(int fd)
{
    struct closing what;
    descriptor_closing(fd, FRAME, &what);
    return descriptor_closed(fd, real.__close(fd), &what);
}

/* Ranges are closed to be sure, so nothing in them is a mistake. frame NULL: settle them. */
static void each_in_range(unsigned first, unsigned last, const void *frame, bool succeeded)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    uint32_t stack = frame ? stack_here(self, frame) : 0;
    unsigned count = handle_fd_count();
    for (unsigned fd = first; fd < count && fd <= last; fd++) {
        if (frame) {
            if (carriers_watched())
                handle_race_closing(self, (int)fd, stack);
            carrier_giving_up(self, (int)fd);
            handle_fd_giving_up(self, (int)fd, stack);
        } else {
            carrier_settle((int)fd, succeeded);
            handle_fd_settle(self, (int)fd, succeeded);
        }
    }
    guard_leave(self);
}

static void cloexec_range(unsigned first, unsigned last)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    unsigned count = handle_fd_count();
    for (unsigned fd = first; fd < count && fd <= last; fd++) {
        struct handle_row *row = handle_fd_find((int)fd);
        if (row)
            __atomic_fetch_or(&row->flags, HANDLE_CLOEXEC, __ATOMIC_RELAXED);
    }
    guard_leave(self);
}

void descriptor_range_closing(unsigned first, unsigned last, int flags, const void *frame)
{
    if (!(flags & CLOSE_RANGE_CLOEXEC))
        each_in_range(first, last, frame, false);
}

int descriptor_range_closed(unsigned first, unsigned last, int flags, int result)
{
    if (!(flags & CLOSE_RANGE_CLOEXEC))
        each_in_range(first, last, NULL, result == 0);
    else if (result == 0)
        cloexec_range(first, last);
    return result;
}

int wrap_close_range(unsigned first, unsigned last, int flags)
{
    descriptor_range_closing(first, last, flags, FRAME);
    return descriptor_range_closed(first, last, flags, real.close_range(first, last, flags));
}

void wrap_closefrom(int first)
{
    unsigned from = first < 0 ? 0 : (unsigned)first;
    each_in_range(from, UINT32_MAX, FRAME, false);
    real.closefrom(first);
    each_in_range(from, UINT32_MAX, NULL, true);
}
