#include "state/waitless.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/syscall.h"

uint8_t waitless_fds[WAITLESS_FDS];

#define MEMORY_DEVICES                                                                             \
    1u /* Linux, Documentation/admin-guide/devices.txt: null, zero, full, urandom … */

static bool never_waits(int fd)
{
    struct stat stat;
    long flags = raw_syscall(SYS_fcntl, fd, F_GETFL, 0);
    if (raw_failed(flags))
        return false;
    if (flags & O_NONBLOCK)
        return true;
    if (raw_failed(raw_syscall(SYS_fstat, fd, &stat)))
        return false;
    return S_ISREG(stat.st_mode) || S_ISBLK(stat.st_mode) ||
           (S_ISCHR(stat.st_mode) && major(stat.st_rdev) == MEMORY_DEVICES);
}

/* Two threads may count one use: who learns what the other has learnt does no harm. What changes
   while the kernel is asked is not overwritten. */
void waitless_learn(int fd)
{
    uint8_t uses = __atomic_load_n(&waitless_fds[fd], __ATOMIC_RELAXED), next = (uint8_t)(uses + 1);
    if (!uses || uses > WAITLESS_USES)
        return;
    if (next > WAITLESS_USES)
        next = never_waits(fd) ? WAITLESS_YES : WAITLESS_WAITS;
    __atomic_compare_exchange_n(&waitless_fds[fd], &uses, next, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
}

void waitless_changed(int fd)
{
    if ((uint32_t)fd >= WAITLESS_FDS)
        return;
    uint8_t known = __atomic_load_n(&waitless_fds[fd], __ATOMIC_RELAXED);
    if (known && known != WAITLESS_SHARED)
        waitless_set(fd, 1);
}

void waitless_after_fork(void)
{
    mem_clear(waitless_fds, sizeof waitless_fds);
}
