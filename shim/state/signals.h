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
