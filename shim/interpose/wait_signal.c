/* Waiting for signals. pause and sigsuspend return only when a handler has run. */
#include "interpose/blocking.h"

int wrap_pause(void)
{
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.pause(), true);
}

int wrap_sigsuspend(const sigset_t *mask)
{
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.sigsuspend(mask), true);
}

int wrap___sigsuspend(const sigset_t *mask)
{
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.__sigsuspend(mask), true);
}

int wrap_sigwait(const sigset_t *set, int *signal)
{
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.sigwait(set, signal), result == 0);
}

int wrap_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.sigwaitinfo(set, info), result > 0);
}

int wrap_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *time)
{
    BLOCKING(WAIT_SIGNAL, 0, deadline_in(time), real.sigtimedwait(set, info, time), result > 0);
}
