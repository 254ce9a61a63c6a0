/*
 * Setting the action of a signal: the program sees SIG_DFL where our handler stands in for it
 * (state/signals.h), everything else passes through as it is. All of it may be called in signal
 * handlers and in a vfork's child.
 */
#include "interpose/real.h"
#include "state/signals.h"

static bool is_stand_in(int signal, const struct sigaction *action)
{
    signal_handler *ours = signals_stand_in(signal);
    return ours && action->sa_sigaction == ours;
}

static int set_action(__typeof__(sigaction) *call, int signal, const struct sigaction *action,
                      struct sigaction *ret_old)
{
    struct sigaction old, wanted;
    if (!signals_stand_in(signal))
        return call(signal, action, ret_old);
    if (action)
        wanted = *action; /* both arguments may be the same struct */
    if (call(signal, action, &old) != 0)
        return -1;
    if (ret_old) {
        *ret_old = old;
        if (is_stand_in(signal, &old))
            signals_kept(signal, ret_old);
    }
    if (action && wanted.sa_handler == SIG_DFL) {
        signals_keep(signal, &wanted);
        signals_set_again(signal);
    }
    return 0;
}

int wrap_sigaction(int signal, const struct sigaction *action, struct sigaction *ret_old)
{
    return set_action(real.sigaction, signal, action, ret_old);
}

int wrap___sigaction(int signal, const struct sigaction *action, struct sigaction *ret_old)
{
    return set_action(real.__sigaction, signal, action, ret_old);
}

/* After one of the older calls: the handler that the program shall see as the one before. */
static sighandler_t set_handler(int signal, sighandler_t before)
{
    struct sigaction now;
    signal_handler *ours = signals_stand_in(signal);
    if (!ours || before == SIG_ERR)
        return before;
    if (real.sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        signals_keep(signal, &now); /* with the flags that this call chose */
        signals_set_again(signal);
    }
    return before == (sighandler_t)(void *)ours ? SIG_DFL : before;
}

#define OLDER(name)                                                                                \
    sighandler_t wrap_##name(int signal, sighandler_t handler)                                     \
    {                                                                                              \
        return set_handler(signal, real.name(signal, handler));                                    \
    }

OLDER(signal)
OLDER(bsd_signal)
OLDER(ssignal)
OLDER(sysv_signal)
OLDER(__sysv_signal)
OLDER(sigset)

/* Changes the flags of whatever action stands there. */
int wrap_siginterrupt(int signal, int interrupt)
{
    struct sigaction now;
    int result = real.siginterrupt(signal, interrupt);
    if (result == 0 && real.sigaction(signal, NULL, &now) == 0 && is_stand_in(signal, &now)) {
        signals_kept(signal, &now);
        now.sa_flags = interrupt ? now.sa_flags & ~SA_RESTART : now.sa_flags | SA_RESTART;
        signals_keep(signal, &now);
    }
    return result;
}
