/*
 * The signals that end a process by default. Where the program leaves one to its default action,
 * our handler stands in the kernel's table instead, and the program goes on seeing SIG_DFL: the
 * wrappers of sigaction and its relatives (interpose/signal.c) translate with what is here. A
 * handler of the program's, or SIG_IGN, replaces ours and is left alone.
 *
 * Any thread, also in signal handlers; no locks. Two threads that set the action of one signal at
 * once see one or the other, as without us.
 */
#ifndef HOLDFAST_STATE_SIGNALS_H
#define HOLDFAST_STATE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/readable.h"

typedef void signal_handler(int signal, siginfo_t *info, void *context);

/* At birth: ending for SIGTERM, SIGINT and SIGHUP, crash for faults and SIGABRT, where they are at
   their default action. known: a signal whose action was set by libc just now; how it lets the
   kernel return from a handler is taken from there. */
void signals_start_up(signal_handler *ending, signal_handler *crash, int known);

/* The handler that stands in for signal's default action, NULL for signals that we leave alone. */
signal_handler *signals_stand_in(int signal);

/* Puts our handler there when the kernel's action is SIG_DFL, after a call that may have set it. */
void signals_set_again(int signal);

/* What the program set: kept with SIG_DFL, so that it gets back its own flags and mask. */
void signals_keep(int signal, const struct sigaction *action);
void signals_kept(int signal, struct sigaction *ret_action);

/*
 * Standing signals: the kernel has one handler of ours for them, for good (rewrite/net tells its
 * own traps and faults from the program's), and what the program sets is kept here. They never are
 * in a mask of the kernel's, because a fault that is blocked kills the process: masks that the
 * program sets lose them on their way, and each thread keeps which of them it has blocked.
 */
#define SIGNAL_BIT(signal) (1ull << ((signal)-1))

/* The set of standing signals; 0 = none, once set it stays. */
extern uint64_t signals_standing __attribute__((visibility("hidden")));

static inline bool signals_stands(int signal)
{
    return __builtin_expect(signals_standing != 0, 0) && signal > 0 && signal < 64 &&
           (signals_standing & SIGNAL_BIT(signal));
}

/* Makes the signals of set standing ones, with this handler. The actions that are there, and the
   mask of the calling thread, which must be the only one, become the program's. */
struct thread;
void signals_stand(uint64_t set, signal_handler *handler, struct thread *self);

/* rt_sigaction for a standing signal. Either may be NULL. */
struct kernel_action;
void signals_standing_action(int signal, const struct kernel_action *action,
                             struct kernel_action *ret_old);

/* What the kernel shall have of the mask of another signal's action, and the program see of it. */
uint64_t signals_action_mask(int signal, uint64_t wanted);
uint64_t signals_action_mask_shown(int signal, uint64_t has);

/* A mask for the kernel: without standing signals. */
static inline uint64_t signals_mask(uint64_t wanted)
{
    return wanted & ~signals_standing;
}

/* The same for a mask that a call sets for its time; room: for a copy of what the kernel looks at.
   NULL stays NULL, and what cannot be read is the kernel's to refuse. */
static inline const sigset_t *signals_mask_in(const sigset_t *mask, sigset_t *room)
{
    if (__builtin_expect(!signals_standing, 1) || !mask || !memory_is_readable((uintptr_t)mask))
        return mask;
    room->__val[0] = signals_mask(mask->__val[0]);
    return room;
}

/* Before and after a call of sigprocmask that had `set` (NULL: none): what the thread has blocked
   of standing signals, and what has waited for that. */
void signals_mask_set(struct thread *self, int how, const uint64_t *set);

/* One that was sent to the thread, and that it has blocked: comes when it is unblocked. False: it
   is not blocked. */
bool signals_wait(struct thread *self, int signal);

/* Before an exec, and after one that failed: the new image gets what the program would have. */
void signals_exec_begins(const struct thread *self);
void signals_exec_failed(const struct thread *self);

/* The code that calls the program's handlers (interpose/signal.c) lies between these; a stack that
   went through a handler has a frame there. Both NULL where no such code is linked. */
extern const char __start_handler_code[] __attribute__((weak, visibility("hidden")));
extern const char __stop_handler_code[] __attribute__((weak, visibility("hidden")));
#define HANDLER_CODE __attribute__((section("handler_code"), noinline))

/* The default action, for good: called by our handlers. */
void signals_default(int signal);

/* Delivers signal once more to this thread with its own info, to be met as soon as it is not
   blocked. */
void signals_again(int signal, siginfo_t *info);

/* Blocks what can be blocked but faults on this thread, and gives the old mask back. */
void signals_block(uint64_t *ret_mask);
void signals_restore(uint64_t mask);

#endif
