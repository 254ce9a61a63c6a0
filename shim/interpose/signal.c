/*
 * Setting the action of a signal. The program sees SIG_DFL where our handler stands in for it
 * (state/signals.h), and its own handler where ours calls it: every handler runs from run(), which
 * knows that a handler runs, and looks at what it did when it returns. Flags and mask are the
 * program's own. All of it may be called in signal handlers and in a vfork's child.
 */
#include <errno.h>

#include "detect/handler_misuse.h"
#include "interpose/real.h"
#include "state/process.h"
#include "state/signal_clock.h"
#include "state/signals.h"

/* What the program set, where the kernel has run(). Atomic. */
static signal_handler *handlers[NSIG];

static inline void met(int signal)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    signal_met(self, signal);
    guard_leave(self);
}

static __attribute__((noinline)) void returned_with(int signal, uintptr_t handler)
{
    int now = errno;
    struct thread *self = guard_enter();
    if (self) {
        handler_spoiled_errno(self, signal, handler);
        guard_leave(self);
    }
    errno = now;
}

/* The kernel gives a handler all three arguments on x86-64, whether it asked for them or not. */
static HANDLER_CODE void run(int signal, siginfo_t *info, void *context)
{
    struct thread *self = thread_current;
    signal_handler *handler = __atomic_load_n(&handlers[signal], __ATOMIC_ACQUIRE);
    if (unlikely(!self || !observing.on)) {
        handler(signal, info, context);
        return;
    }
    int error = errno;
    struct handler before =
        handler_begin(self, signal, context, (uintptr_t)__builtin_frame_address(0));
    bool interrupts = !self->handler.by_itself;
    met(signal);
    handler(signal, info, context);
    /* In a fork's child that the handler made, the thread has another struct. */
    if (unlikely(self != thread_current))
        return;
    handler_end(self, &before);
    if (unlikely(errno != error) && interrupts)
        returned_with(signal, (uintptr_t)handler);
}

static bool is_handler(const void *action)
{
    return action != (void *)SIG_DFL && action != (void *)SIG_IGN && action != (void *)SIG_HOLD &&
           action != (void *)SIG_ERR;
}

static bool is_stand_in(int signal, const struct sigaction *action)
{
    signal_handler *ours = signals_stand_in(signal);
    return ours && action->sa_sigaction == ours;
}

/* The handler to give to the kernel for one of the program's. In a child that shares its parent's
   memory the table is the parent's: the handler itself. */
static signal_handler *ours_for(int signal, signal_handler *wanted, signal_handler **ret_before)
{
    bool knows = signal > 0 && signal < NSIG;
    *ret_before = knows ? __atomic_load_n(&handlers[signal], __ATOMIC_ACQUIRE) : NULL;
    if (!knows || !is_handler((void *)wanted) || !observing.on || !process_is_ours())
        return wanted;
    struct thread *self = guard_enter();
    if (self) {
        signal_sent(self, 0, signal); /* what was done before is there for the handler */
        guard_leave(self);
    }
    __atomic_store_n(&handlers[signal], wanted, __ATOMIC_RELEASE);
    return run;
}

static void put_back(int signal, signal_handler *before)
{
    if (signal > 0 && signal < NSIG)
        __atomic_store_n(&handlers[signal], before, __ATOMIC_RELEASE);
}

/* What the program shall see of the action that was there. */
static void show(int signal, signal_handler *before, struct sigaction *action)
{
    if (action->sa_sigaction == run)
        action->sa_sigaction = before;
    else if (is_stand_in(signal, action))
        signals_kept(signal, action);
}

static int set_action(__typeof__(sigaction) *call, int signal, const struct sigaction *action,
                      struct sigaction *ret_old)
{
    struct sigaction old, wanted;
    signal_handler *before = NULL;
    if (!action) {
        int result = call(signal, NULL, ret_old);
        if (result == 0 && ret_old)
            show(signal, __atomic_load_n(&handlers[signal], __ATOMIC_ACQUIRE), ret_old);
        return result;
    }
    wanted = *action; /* both arguments may be the same struct */
    wanted.sa_sigaction = ours_for(signal, action->sa_sigaction, &before);
    if (call(signal, &wanted, &old) != 0) {
        if (wanted.sa_sigaction == run)
            put_back(signal, before);
        return -1;
    }
    if (ret_old) {
        *ret_old = old;
        show(signal, before, ret_old);
    }
    if (wanted.sa_handler == SIG_DFL && signals_stand_in(signal)) {
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

/* The older calls: they answer with the handler that was there. */
static sighandler_t set_handler(sighandler_t (*call)(int, sighandler_t), int signal,
                                sighandler_t handler)
{
    signal_handler *before;
    signal_handler *wanted = ours_for(signal, (signal_handler *)(void *)handler, &before);
    sighandler_t answer = call(signal, (sighandler_t)(void *)wanted);
    if (answer == SIG_ERR) {
        if (wanted == run)
            put_back(signal, before);
        return answer;
    }
    struct sigaction now;
    if (handler == SIG_DFL && signals_stand_in(signal) && real.sigaction(signal, NULL, &now) == 0 &&
        now.sa_handler == SIG_DFL) {
        signals_keep(signal, &now); /* with the flags that this call chose */
        signals_set_again(signal);
    }
    if (answer == (sighandler_t)(void *)run)
        return (sighandler_t)(void *)before;
    signal_handler *ours = signals_stand_in(signal);
    return ours && answer == (sighandler_t)(void *)ours ? SIG_DFL : answer;
}

#define OLDER(name)                                                                                \
    sighandler_t wrap_##name(int signal, sighandler_t handler)                                     \
    {                                                                                              \
        return set_handler(real.name, signal, handler);                                            \
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
