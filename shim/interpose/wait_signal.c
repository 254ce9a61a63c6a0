/* Waiting for signals. pause and sigsuspend return only when a handler has run. */
#include "interpose/blocking.h"
#include "state/process.h"
#include "state/signal_clock.h"
#include "state/signals.h"

int wrap_pause(void)
{
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.pause(), true);
}

int wrap_sigsuspend(const sigset_t *mask)
{
    sigset_t kept;
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.sigsuspend(signals_mask_in(mask, &kept)), true);
}

int wrap___sigsuspend(const sigset_t *mask)
{
    sigset_t kept;
    BLOCKING(WAIT_SIGNAL, 0, WAIT_FOREVER, real.__sigsuspend(signals_mask_in(mask, &kept)), true);
}

/* Taken without a handler: its sender's past is ordered before all the same. */
static void met(int signal)
{
    if (signal == SIGTERM || signal == SIGINT)
        process_told_to_end(signal);
    struct thread *self = guard_enter();
    if (!self)
        return;
    signal_met(self, signal);
    guard_leave(self);
}

int wrap_sigwait(const sigset_t *set, int *signal)
{
    struct thread *waiter = blocking_begin(WAIT_SIGNAL, 0, WAIT_FOREVER, FRAME);
    int error = real.sigwait(set, signal);
    if (likely(waiter))
        wait_end(waiter, error == 0);
    if (error == 0)
        met(*signal);
    return error;
}

#define MEETING(deadline, call)                                                                    \
    do {                                                                                           \
        struct thread *waiter = blocking_begin(WAIT_SIGNAL, 0, deadline, FRAME);                   \
        int result = call;                                                                         \
        if (likely(waiter))                                                                        \
            wait_end(waiter, result > 0);                                                          \
        if (result > 0)                                                                            \
            met(result);                                                                           \
        return result;                                                                             \
    } while (0)

int wrap_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    MEETING(WAIT_FOREVER, real.sigwaitinfo(set, info));
}

int wrap_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *time)
{
    MEETING(deadline_in(time), real.sigtimedwait(set, info, time));
}
