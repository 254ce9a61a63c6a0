/*
 * Setting the action of a signal. The program sees SIG_DFL where our handler stands in for it
 * (state/signals.h), and its own handler where ours calls it: every handler runs from run(), which
 * knows that a handler runs, and looks at what it did when it returns. Flags and mask are the
 * program's own. All of it may be called in signal handlers and in a vfork's child.
 */
#include <errno.h>
#include <ucontext.h>

#include "base/action.h"
#include "base/syscall.h"
#include "detect/handler_misuse.h"
#include "interpose/real.h"
#include "state/moved.h"
#include "state/process.h"
#include "state/signal_clock.h"
#include "state/signals.h"

#define SA_RESTORER 0x04000000

/* What the program set, where the kernel has run(). Atomic. */
static signal_handler *handlers[NSIG];
/* Those that asked for a siginfo_t; the kernel fills in none for others. */
static bool with_info[NSIG];

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

#define FAULTS                                                                                     \
    (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) |          \
     SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGSYS))

/* Checks of moved code make a thread be inside the shim most of the time, where a handler would not
   be observed, must not be left by longjmp, and finds code that is not the program's. It comes when
   the thread has left: till then it is blocked, and so that it stays the only one, so are all. */
static bool hold_back(struct thread *self, int signal, const siginfo_t *info, ucontext_t *context)
{
    if (!self || !self->busy || self->busy == GUARD_VFORK || !observing.on || self->held_back ||
        self->deferred || signal > 64 || SIGNAL_BIT(signal) & FAULTS)
        return false;
    if (with_info[signal]) {
        self->deferred_info = *info;
    } else {
        mem_clear(&self->deferred_info, sizeof self->deferred_info);
        self->deferred_info.si_signo = signal;
        self->deferred_info.si_code = SI_TKILL;
        self->deferred_info.si_pid = (pid_t)raw_syscall(SYS_getpid);
    }
    self->held_back_mask = context->uc_sigmask.__val[0];
    context->uc_sigmask.__val[0] |= ~FAULTS;
    self->held_back = true;
    __atomic_store_n(&self->deferred, (uint32_t)signal, __ATOMIC_RELEASE);
    return true;
}

/* The kernel gives a handler all three arguments on x86-64, whether it asked for them or not. */
static inline __attribute__((always_inline)) void handle(int signal, siginfo_t *info, void *context)
{
    struct thread *self = thread_current;
    signal_handler *handler = __atomic_load_n(&handlers[signal], __ATOMIC_ACQUIRE);
    if (signal == SIGTERM || signal == SIGINT)
        process_told_to_end(signal);
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

/* The program's code has been moved: its handler sees it where it was. */
static HANDLER_CODE void run_moved(int signal, siginfo_t *info, void *context)
{
    struct moved_shown shown;
    if (hold_back(thread_current, signal, info, context))
        return;
    moved_show(&shown, context);
    handle(signal, info, context);
    moved_hide(&shown, context);
}

static HANDLER_CODE void run(int signal, siginfo_t *info, void *context)
{
    if (moved_any())
        run_moved(signal, info, context);
    else
        handle(signal, info, context);
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

/* sigaction of libc's for all but standing signals, whose action is kept by us: libc's struct is
   not the kernel's. A child that shares its parent's memory has actions of its own. */
static int call_action(__typeof__(sigaction) *call, int signal, const struct sigaction *action,
                       struct sigaction *ret_old)
{
    struct kernel_action wanted, old;
    if (!signals_stands(signal) || !process_is_ours())
        return call(signal, action, ret_old);
    if (action)
        wanted = (struct kernel_action){.handler = action->sa_sigaction,
                                        .flags = (unsigned long)action->sa_flags,
                                        .mask = action->sa_mask.__val[0]};
    signals_standing_action(signal, action ? &wanted : NULL, ret_old ? &old : NULL);
    if (ret_old) {
        mem_clear(ret_old, sizeof *ret_old);
        ret_old->sa_sigaction = old.handler;
        ret_old->sa_flags = (int)old.flags & ~SA_RESTORER;
        ret_old->sa_mask.__val[0] = old.mask;
    }
    return 0;
}

static void show_mask(int signal, struct sigaction *action)
{
    if (!signals_stands(signal))
        action->sa_mask.__val[0] = signals_action_mask_shown(signal, action->sa_mask.__val[0]);
}

static int set_action(__typeof__(sigaction) *call, int signal, const struct sigaction *action,
                      struct sigaction *ret_old)
{
    struct sigaction old, wanted;
    signal_handler *before = NULL;
    if (!action) {
        int result = call_action(call, signal, NULL, ret_old);
        if (result == 0 && ret_old) {
            show_mask(signal, ret_old);
            show(signal, __atomic_load_n(&handlers[signal], __ATOMIC_ACQUIRE), ret_old);
        }
        return result;
    }
    wanted = *action; /* both arguments may be the same struct */
    wanted.sa_sigaction = ours_for(signal, action->sa_sigaction, &before);
    uint64_t mask_before = signals_action_mask_shown(signal, 0);
    if (!signals_stands(signal))
        wanted.sa_mask.__val[0] = signals_action_mask(signal, wanted.sa_mask.__val[0]);
    if (call_action(call, signal, &wanted, &old) != 0) {
        if (wanted.sa_sigaction == run)
            put_back(signal, before);
        signals_action_mask(signal, mask_before);
        return -1;
    }
    if (wanted.sa_sigaction == run)
        with_info[signal] = wanted.sa_flags & SA_SIGINFO;
    if (ret_old) {
        *ret_old = old;
        if (!signals_stands(signal))
            ret_old->sa_mask.__val[0] |= mask_before;
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
                                sighandler_t handler, int flags)
{
    signal_handler *before;
    if (signals_stands(signal) && handler != SIG_HOLD && handler != SIG_ERR) {
        struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, old;
        if (flags == SA_RESTART)
            sigaddset(&action.sa_mask, signal);
        return set_action(real.sigaction, signal, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
    }
    signal_handler *wanted = ours_for(signal, (signal_handler *)(void *)handler, &before);
    sighandler_t answer = call(signal, (sighandler_t)(void *)wanted);
    if (answer == SIG_ERR) {
        if (wanted == run)
            put_back(signal, before);
        return answer;
    }
    if (wanted == run)
        with_info[signal] = false;
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

/* flags: what they choose, for standing signals, whose action is not set by libc. */
#define OLDER(name, flags)                                                                         \
    sighandler_t wrap_##name(int signal, sighandler_t handler)                                     \
    {                                                                                              \
        return set_handler(real.name, signal, handler, flags);                                     \
    }

OLDER(signal, SA_RESTART)
OLDER(bsd_signal, SA_RESTART)
OLDER(ssignal, SA_RESTART)
OLDER(sysv_signal, (int)(SA_RESETHAND | SA_NODEFER))
OLDER(__sysv_signal, (int)(SA_RESETHAND | SA_NODEFER))
OLDER(sigset, 0)

/* Changes the flags of whatever action stands there. */
int wrap_siginterrupt(int signal, int interrupt)
{
    struct sigaction now;
    if (signals_stands(signal)) {
        struct kernel_action action;
        signals_standing_action(signal, NULL, &action);
        action.flags =
            interrupt ? action.flags & ~(unsigned long)SA_RESTART : action.flags | SA_RESTART;
        signals_standing_action(signal, &action, NULL);
        return 0;
    }
    int result = real.siginterrupt(signal, interrupt);
    if (result == 0 && real.sigaction(signal, NULL, &now) == 0 && is_stand_in(signal, &now)) {
        signals_kept(signal, &now);
        now.sa_flags = interrupt ? now.sa_flags & ~SA_RESTART : now.sa_flags | SA_RESTART;
        signals_keep(signal, &now);
    }
    return result;
}
