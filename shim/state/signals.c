#include "state/signals.h"

#include "base/syscall.h"

/* What the kernel takes (asm/signal.h); libc's struct sigaction has another layout. */
struct kernel_action {
    uintptr_t handler;
    uint64_t flags;
    uintptr_t restorer;
    uint64_t mask;
};
#define KERNEL_MASK_SIZE 8u
#define SA_RESTORER      0x04000000u
#define BIT(signal)      (1ull << ((signal)-1))

#define ENDINGS (BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGHUP))
#define CRASHES (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGABRT))
/* Never blocked by us: what a fault of our own would raise, and what stops threads for a scan. */
#define FAULTS (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP))

static signal_handler *ending_handler, *crash_handler;
static uintptr_t restorer; /* libc's, whose unwind information debuggers know */
static struct sigaction kept[32];

signal_handler *signals_stand_in(int signal)
{
    if (signal < 1 || signal > 31)
        return NULL;
    return BIT(signal) & ENDINGS ? ending_handler : BIT(signal) & CRASHES ? crash_handler : NULL;
}

static void install(int signal)
{
    struct kernel_action action = {.handler = (uintptr_t)signals_stand_in(signal),
                                   .flags = SA_SIGINFO | SA_RESTART | SA_RESTORER,
                                   .restorer = restorer};
    /* A thread that overran its stack can tell only on another one. */
    if (BIT(signal) & CRASHES)
        action.flags |= SA_ONSTACK;
    raw_syscall(SYS_rt_sigaction, signal, &action, NULL, KERNEL_MASK_SIZE);
}

void signals_set_again(int signal)
{
    struct kernel_action now;
    if (signals_stand_in(signal) &&
        !raw_failed(raw_syscall(SYS_rt_sigaction, signal, NULL, &now, KERNEL_MASK_SIZE)) &&
        now.handler == (uintptr_t)SIG_DFL)
        install(signal);
}

void signals_start_up(signal_handler *ending, signal_handler *crash, int known)
{
    struct kernel_action action;
    /* The kernel drops signals at their default action for the first process of a container, but
       not those that have a handler. */
    if (raw_syscall(SYS_getpid) == 1)
        return;
    if (raw_failed(raw_syscall(SYS_rt_sigaction, known, NULL, &action, KERNEL_MASK_SIZE)))
        return;
    restorer = action.restorer;
    ending_handler = ending;
    crash_handler = crash;
    for (int signal = 1; signal < 32; signal++)
        signals_set_again(signal);
}

void signals_keep(int signal, const struct sigaction *action)
{
    kept[signal] = *action;
}

void signals_kept(int signal, struct sigaction *ret_action)
{
    *ret_action = kept[signal];
}

void signals_default(int signal)
{
    struct kernel_action action = {.handler = (uintptr_t)SIG_DFL};
    raw_syscall(SYS_rt_sigaction, signal, &action, NULL, KERNEL_MASK_SIZE);
}

void signals_again(int signal, siginfo_t *info)
{
    long pid = raw_syscall(SYS_getpid), tid = raw_syscall(SYS_gettid);
    if (raw_failed(raw_syscall(SYS_rt_tgsigqueueinfo, pid, tid, signal, info)) &&
        raw_failed(raw_syscall(SYS_tgkill, pid, tid, signal)))
        raw_syscall(SYS_exit_group, 128 + signal); /* a sandbox allows neither */
}

void signals_block(uint64_t *ret_mask)
{
    uint64_t all = ~FAULTS;
    raw_syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, ret_mask, KERNEL_MASK_SIZE);
}

void signals_restore(uint64_t mask)
{
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, KERNEL_MASK_SIZE);
}
