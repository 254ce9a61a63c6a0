/* Waiting for children. */
#include "interpose/blocking.h"

pid_t wrap_wait(int *status)
{
    BLOCKING(WAIT_CHILD, 0, WAIT_FOREVER, real.wait(status), result > 0);
}

pid_t wrap___wait(int *status)
{
    BLOCKING(WAIT_CHILD, 0, WAIT_FOREVER, real.__wait(status), result > 0);
}

pid_t wrap_waitpid(pid_t pid, int *status, int flags)
{
    if (flags & WNOHANG)
        return real.waitpid(pid, status, flags);
    BLOCKING(WAIT_CHILD, 0, WAIT_FOREVER, real.waitpid(pid, status, flags), result > 0);
}

pid_t wrap___waitpid(pid_t pid, int *status, int flags)
{
    if (flags & WNOHANG)
        return real.__waitpid(pid, status, flags);
    BLOCKING(WAIT_CHILD, 0, WAIT_FOREVER, real.__waitpid(pid, status, flags), result > 0);
}

pid_t wrap_wait3(int *status, int flags, struct rusage *usage)
{
    if (flags & WNOHANG)
        return real.wait3(status, flags, usage);
    BLOCKING(WAIT_CHILD, 0, WAIT_FOREVER, real.wait3(status, flags, usage), result > 0);
}

pid_t wrap_wait4(pid_t pid, int *status, int flags, struct rusage *usage)
{
    if (flags & WNOHANG)
        return real.wait4(pid, status, flags, usage);
    BLOCKING(WAIT_CHILD, 0, WAIT_FOREVER, real.wait4(pid, status, flags, usage), result > 0);
}

int wrap_waitid(idtype_t type, id_t id, siginfo_t *info, int flags)
{
    if (flags & WNOHANG)
        return real.waitid(type, id, info, flags);
    BLOCKING(WAIT_CHILD, 0, WAIT_FOREVER, real.waitid(type, id, info, flags), result == 0);
}
