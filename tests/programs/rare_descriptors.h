/* What opens descriptors of kinds that a machine may refuse. */
#ifndef HOLDFAST_TESTS_RARE_DESCRIPTORS_H
#define HOLDFAST_TESTS_RARE_DESCRIPTORS_H

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "refusable.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

int pidfd_open(pid_t pid, unsigned flags);
int pidfd_getfd(int process, int fd, unsigned flags);

ALWAYS_INLINE long userfaultfd(void)
{
    return syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */);
}

ALWAYS_INLINE long io_uring(void)
{
    static struct io_uring_params parameters;
    return syscall(SYS_io_uring_setup, 4, &parameters);
}

ALWAYS_INLINE long perf(void)
{
    static struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE,
                                           .size = sizeof event,
                                           .config = PERF_COUNT_SW_TASK_CLOCK,
                                           .exclude_kernel = 1};
    return syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

ALWAYS_INLINE long fanotify(void)
{
    return fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_REPORT_FID, O_RDONLY);
}

ALWAYS_INLINE long bpf(void)
{
    static union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
}

/* Another process's descriptor, which is this one's own here. */
ALWAYS_INLINE long getfd(void)
{
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC), process = pidfd_open(getpid(), 0);
    long copy = pidfd_getfd(process, file, 0);
    int error = errno;
    if (close(file) != 0 || close(process) != 0)
        abort();
    errno = error;
    return copy;
}

ALWAYS_INLINE long getfd_call(void)
{
    int event = eventfd(0, EFD_CLOEXEC);
    long process = syscall(SYS_pidfd_open, getpid(), 0);
    long copy = syscall(SYS_pidfd_getfd, process, event, 0);
    int error = errno;
    if (syscall(SYS_close, event) != 0 || syscall(SYS_close, process) != 0)
        abort();
    errno = error;
    return copy;
}

#endif
