#include "state/signals.h"

#include "base/action.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "state/thread.h"

#define KERNEL_MASK_SIZE 8u
#define SA_RESTORER      0x04000000u
#define BIT(signal)      SIGNAL_BIT(signal)

#define ENDINGS (BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGHUP))
#define CRASHES (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGABRT))
/* Never blocked by us: what a fault of our own would raise, and what stops threads for a scan. */
#define FAULTS (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP))

static signal_handler *ending_handler, *crash_handler;
static void (*restorer)(void); /* libc's, whose unwind information debuggers know */
static struct sigaction kept[32];

uint64_t signals_standing;
static signal_handler *standing_handler;
/* The program's actions of standing signals. Written by any thread, field by field: one that sets
   an action while another meets the signal sees either. */
static struct kernel_action standing[64];
/* Of other signals' actions: which standing ones the program wants blocked meanwhile. */
static uint64_t action_masks[65];

/* rt_sigaction, with which all else here looks and sets. */
static bool act(int signal, const struct kernel_action *action, struct kernel_action *ret_old)
{
    if (!signals_stands(signal))
        return !raw_failed(
            raw_syscall(SYS_rt_sigaction, signal, action, ret_old, KERNEL_MASK_SIZE));
    signals_standing_action(signal, action, ret_old);
    return true;
}

signal_handler *signals_stand_in(int signal)
{
    if (signal < 1 || signal > 31)
        return NULL;
    return BIT(signal) & ENDINGS ? ending_handler : BIT(signal) & CRASHES ? crash_handler : NULL;
}

static void install(int signal)
{
    struct kernel_action action = {.handler = signals_stand_in(signal),
                                   .flags = SA_SIGINFO | SA_RESTART | SA_RESTORER,
                                   .restorer = restorer};
    /* A thread that overran its stack can tell only on another one. */
    if (BIT(signal) & CRASHES)
        action.flags |= SA_ONSTACK;
    act(signal, &action, NULL);
}

void signals_set_again(int signal)
{
    struct kernel_action now;
    if (signals_stand_in(signal) && act(signal, NULL, &now) && now.handler == (void *)SIG_DFL)
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
    struct kernel_action action = {.handler = (void *)SIG_DFL};
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

/* ---- standing signals */

static void set_field(void *at, uint64_t value)
{
    __atomic_store_n((uint64_t *)at, value, __ATOMIC_RELEASE);
}

static bool is_function(const struct kernel_action *action)
{
    return action->handler != (void *)SIG_DFL && action->handler != (void *)SIG_IGN;
}

/* The kernel's action goes with the program's in what can be noticed: whether calls go on, on which
   stack, what else is blocked. The signal itself must not be. */
static void configure(int signal)
{
    const struct kernel_action *theirs = &standing[signal];
    uint64_t flags =
        is_function(theirs) ? theirs->flags & (SA_RESTART | SA_ONSTACK) : SA_RESTART | SA_ONSTACK;
    struct kernel_action ours = {.handler = standing_handler,
                                 .flags = flags | SA_SIGINFO | SA_NODEFER | SA_RESTORER,
                                 .restorer = restorer ? restorer : action_return,
                                 .mask = is_function(theirs) ? signals_mask(theirs->mask) : 0};
    raw_syscall(SYS_rt_sigaction, signal, &ours, NULL, KERNEL_MASK_SIZE);
}

void signals_standing_action(int signal, const struct kernel_action *action,
                             struct kernel_action *ret_old)
{
    struct kernel_action *theirs = &standing[signal];
    struct kernel_action wanted;
    if (action)
        wanted = *action; /* both may be the same */
    if (ret_old) {
        ret_old->handler = __atomic_load_n(&theirs->handler, __ATOMIC_ACQUIRE);
        ret_old->flags = theirs->flags;
        ret_old->restorer = theirs->restorer;
        ret_old->mask = theirs->mask;
    }
    if (!action)
        return;
    set_field(&theirs->mask, wanted.mask);
    set_field(&theirs->flags, wanted.flags);
    set_field(&theirs->restorer, (uintptr_t)wanted.restorer);
    set_field(&theirs->handler, (uintptr_t)wanted.handler);
    configure(signal);
}

/* Takes standing signals out of the masks of the actions that are there. */
static void clear_action_masks(void)
{
    struct kernel_action action;
    for (int signal = 1; signal <= 64; signal++) {
        if (signals_stands(signal) ||
            raw_failed(raw_syscall(SYS_rt_sigaction, signal, NULL, &action, KERNEL_MASK_SIZE)) ||
            !is_function(&action))
            continue;
        uint64_t mask = signals_action_mask(signal, action.mask);
        if (mask == action.mask)
            continue;
        action.mask = mask;
        raw_syscall(SYS_rt_sigaction, signal, &action, NULL, KERNEL_MASK_SIZE);
    }
}

void signals_stand(uint64_t set, signal_handler *handler, struct thread *self)
{
    uint64_t mask = 0;
    standing_handler = handler;
    for (int signal = 1; signal < 64; signal++)
        if (set & BIT(signal))
            raw_syscall(SYS_rt_sigaction, signal, NULL, &standing[signal], KERNEL_MASK_SIZE);
    signals_standing = set;
    for (int signal = 1; signal < 64; signal++)
        if (set & BIT(signal))
            configure(signal);
    clear_action_masks();
    raw_syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, KERNEL_MASK_SIZE);
    if (self)
        self->blocked = mask & set;
    raw_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, KERNEL_MASK_SIZE);
}

uint64_t signals_action_mask(int signal, uint64_t wanted)
{
    if (signals_standing && signal > 0 && signal <= 64)
        __atomic_store_n(&action_masks[signal], wanted & signals_standing, __ATOMIC_RELAXED);
    return signals_mask(wanted);
}

uint64_t signals_action_mask_shown(int signal, uint64_t has)
{
    if (signals_standing && signal > 0 && signal <= 64)
        has |= __atomic_load_n(&action_masks[signal], __ATOMIC_RELAXED);
    return has;
}

/* Sends what has waited and is blocked no more. */
static void send_waiting(struct thread *self)
{
    uint64_t due = __atomic_load_n(&self->blocked_waiting, __ATOMIC_RELAXED) & ~self->blocked;
    for (int signal = 1; due && signal < 64; signal++) {
        if (!(due & BIT(signal)))
            continue;
        due &= ~BIT(signal);
        __atomic_fetch_and(&self->blocked_waiting, ~BIT(signal), __ATOMIC_RELAXED);
        raw_syscall(SYS_tgkill, raw_syscall(SYS_getpid), raw_syscall(SYS_gettid), signal);
    }
}

void signals_mask_set(struct thread *self, int how, const uint64_t *set)
{
    if (!self || !set)
        return;
    uint64_t of_ours = *set & signals_standing;
    if (how == SIG_BLOCK)
        self->blocked |= of_ours;
    else if (how == SIG_UNBLOCK)
        self->blocked &= ~of_ours;
    else if (how == SIG_SETMASK)
        self->blocked = of_ours;
    if (unlikely(self->blocked_waiting))
        send_waiting(self);
}

bool signals_wait(struct thread *self, int signal)
{
    if (!self || !(self->blocked & BIT(signal)))
        return false;
    __atomic_fetch_or(&self->blocked_waiting, BIT(signal), __ATOMIC_RELAXED);
    return true;
}

void signals_exec_begins(const struct thread *self)
{
    if (!signals_standing)
        return;
    struct kernel_action ignore = {.handler = (void *)SIG_IGN};
    for (int signal = 1; signal < 64; signal++)
        if (signals_stands(signal) && standing[signal].handler == (void *)SIG_IGN)
            raw_syscall(SYS_rt_sigaction, signal, &ignore, NULL, KERNEL_MASK_SIZE);
    if (self && self->blocked)
        raw_syscall(SYS_rt_sigprocmask, SIG_BLOCK, &self->blocked, NULL, KERNEL_MASK_SIZE);
}

void signals_exec_failed(const struct thread *self)
{
    if (!signals_standing)
        return;
    for (int signal = 1; signal < 64; signal++)
        if (signals_stands(signal) && standing[signal].handler == (void *)SIG_IGN)
            configure(signal);
    if (self && self->blocked)
        raw_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &self->blocked, NULL, KERNEL_MASK_SIZE);
}
