/* Descriptors that are opened and closed, and children that are made, by syscall()
   (interpose/syscall.c). */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "interpose/access.h"
#include "interpose/handles.h"
#include "interpose/passing.h"
#include "interpose/registration.h"
#include "state/process.h"

/* a: the six arguments, from 1 on. frame: of who was called in syscall's place. */
typedef long call(long number, const long a[7], const void *frame);

static long make(long number, const long a[7])
{
    return real.syscall(number, a[1], a[2], a[3], a[4], a[5], a[6]);
}

static long made_with(int fd, long result, const void *frame)
{
    if (unlikely(result < 0) && errno == EBADF)
        descriptor_use_failed(fd, false, frame);
    return result;
}

/* ---- what does more than return a new descriptor */

static long call_close(long number, const long a[7], const void *frame)
{
    struct closing what;
    if (unlikely((int)a[1] == 2))
        process_stderr_closes(frame);
    descriptor_closing((int)a[1], frame, &what);
    return descriptor_closed((int)a[1], (int)make(number, a), &what);
}

static long call_close_range(long number, const long a[7], const void *frame)
{
    descriptor_range_closing((unsigned)a[1], (unsigned)a[2], (int)a[3], frame);
    int result = (int)make(number, a);
    return descriptor_range_closed((unsigned)a[1], (unsigned)a[2], (int)a[3], result);
}

static long call_dup(long number, const long a[7], const void *frame)
{
    long result = made_with((int)a[1], make(number, a), frame);
    return descriptor_duplicated((int)a[1], (int)result, 0, frame);
}

static long copy_over(long number, const long a[7], bool cloexec, const void *frame)
{
    int fd = (int)a[1], target = (int)a[2];
    if (fd != target)
        descriptor_giving_up(target, frame);
    long result = made_with(fd, make(number, a), frame);
    return descriptor_duplicated_over(fd, (int)result, target, cloexec, frame);
}

static long call_dup2(long number, const long a[7], const void *frame)
{
    return copy_over(number, a, false, frame);
}

static long call_dup3(long number, const long a[7], const void *frame)
{
    return copy_over(number, a, a[3] & O_CLOEXEC, frame);
}

/* To ask for the flags is how programs find out whether a number is open. */
static long call_fcntl(long number, const long a[7], const void *frame)
{
    int fd = (int)a[1], command = (int)a[2];
    const void *argument = (const void *)a[3];
    descriptor_controls(fd, command, argument, frame);
    long result = make(number, a);
    if (command != F_GETFD && command != F_GETFL)
        made_with(fd, result, frame);
    return descriptor_controlled(fd, command, argument, (int)result, frame);
}

static long call_pipe(long number, const long a[7], const void *frame)
{
    return pipe_opened((int)make(number, a), (const int *)a[1], false, frame);
}

static long call_pipe2(long number, const long a[7], const void *frame)
{
    return pipe_opened((int)make(number, a), (const int *)a[1], a[2] & O_CLOEXEC, frame);
}

static long call_socketpair(long number, const long a[7], const void *frame)
{
    int result = (int)make(number, a);
    return socket_pair_opened(result, (const int *)a[4], a[2] & SOCK_CLOEXEC, frame);
}

static long call_recvmsg(long number, const long a[7], const void *frame)
{
    long result = made_with((int)a[1], make(number, a), frame);
    if (result >= 0)
        message_received((const struct msghdr *)a[2], frame);
    return result;
}

static long call_recvmmsg(long number, const long a[7], const void *frame)
{
    const struct mmsghdr *messages = (const struct mmsghdr *)a[2];
    long result = made_with((int)a[1], make(number, a), frame);
    for (long i = 0; i < result; i++)
        message_received(&messages[i].msg_hdr, frame);
    return result;
}

/* With a descriptor it changes what that one waits for. */
static long signals_opened(long number, const long a[7], bool cloexec, const void *frame)
{
    long result = make(number, a);
    if ((int)a[1] >= 0)
        return made_with((int)a[1], result, frame);
    return descriptor_opened((int)result, HANDLE_KIND_FD_SIGNAL, cloexec, NULL, frame);
}

static long call_signalfd(long number, const long a[7], const void *frame)
{
    return signals_opened(number, a, false, frame);
}

static long call_signalfd4(long number, const long a[7], const void *frame)
{
    return signals_opened(number, a, a[4] & O_CLOEXEC, frame);
}

/* The commands that return a descriptor, always close-on-exec (bpf(2)). */
static long call_bpf(long number, const long a[7], const void *frame)
{
    long result = make(number, a);
    switch ((int)a[1]) {
    case BPF_MAP_CREATE:
    case BPF_PROG_LOAD:
    case BPF_OBJ_GET:
    case BPF_PROG_GET_FD_BY_ID:
    case BPF_MAP_GET_FD_BY_ID:
    case BPF_RAW_TRACEPOINT_OPEN:
    case BPF_BTF_LOAD:
    case BPF_BTF_GET_FD_BY_ID:
    case BPF_LINK_CREATE:
    case BPF_LINK_GET_FD_BY_ID:
    case BPF_ENABLE_STATS:
    case BPF_ITER_CREATE:
        return descriptor_opened((int)result, HANDLE_KIND_FD_BPF, true, NULL, frame);
    default:
        return result;
    }
}

/* ---- children: as by _Fork, without the handlers of fork */

static long fork_raw(long number, const long a[7], bool waited_for, const void *frame)
{
    process_forks();
    long child = make(number, a);
    if (child == 0)
        process_forked();
    if (child > 0 && waited_for)
        fork_note((pid_t)child, frame);
    return child;
}

static long call_fork(long number, const long a[7], const void *frame)
{
    return fork_raw(number, a, true, frame);
}

/* Flags with which the child is one like fork's. With others it is not observed. */
#define LIKE_FORK                                                                                  \
    (CSIGNAL | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID | CLONE_NEWNS |     \
     CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* Comes here only when memory is not shared and the stack stays (interpose/syscall.c). */
static long call_clone(long number, const long a[7], const void *frame)
{
    if (a[1] & ~(long)LIKE_FORK)
        return make(number, a);
    return fork_raw(number, a, (a[1] & CSIGNAL) == SIGCHLD, frame);
}

/* ---- the table */

static call *const calls[SYSCALLS_WATCHED] = {
#define CALLS(name) [SYS_##name] = call_##name,
#include "interpose/syscalls.def"
};

static const struct opener {
    uint16_t number, kind;
    uint8_t argument, path;
    unsigned long mask;
} openers[] = {
#define OPENS(name, kind, argument, mask, path)                                                    \
    {SYS_##name, HANDLE_KIND_##kind, argument, path, mask},
#include "interpose/syscalls.def"
};

/* Numbers that go to syscall_descriptor: read by the assembly. */
extern const uint8_t syscall_watched[SYSCALLS_WATCHED] __attribute__((visibility("hidden")));
const uint8_t syscall_watched[SYSCALLS_WATCHED] = {
#define OPENS(name, kind, argument, mask, path) [SYS_##name] = 1,
#define CALLS(name)                             [SYS_##name] = 1,
#include "interpose/syscalls.def"
};

long syscall_descriptor(long number, long a, long b, long c, long d, long e, long f)
    __attribute__((visibility("hidden")));

long syscall_descriptor(long number, long a, long b, long c, long d, long e, long f)
{
    const long arguments[] = {0, a, b, c, d, e, f};
    const struct opener *at = openers;
    if (calls[number])
        return calls[number](number, arguments, FRAME);
    long result = make(number, arguments);
    while (at->number != number)
        at++;
    bool cloexec = !at->mask || (at->mask != ~0ul && arguments[at->argument] & (long)at->mask);
    const char *path = result >= 0 && at->path ? (const char *)arguments[at->path] : NULL;
    return descriptor_opened((int)result, (enum handle_kind)at->kind, cloexec, path, FRAME);
}
