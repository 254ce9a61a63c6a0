/*
 * Signal handlers that do what a handler must not: signal-unsafe-call and errno-spoiled.
 *
 * interpose/signal.c runs every handler of the program from a function of ours, which notes where
 * it stands (handler_begin). A wrapper of a function that is not async-signal-safe asks
 * handler_runs(); that is only a hint, because a handler may have been left by longjmp or a context
 * switch: before anything is told the stack is walked, and our function must be on it (HANDLER_CODE
 * in state/signals.h).
 *
 * Guard entered, unless said otherwise.
 */
#ifndef HOLDFAST_DETECT_HANDLER_MISUSE_H
#define HOLDFAST_DETECT_HANDLER_MISUSE_H

#include <signal.h>

#include "state/thread.h"

static inline bool handler_runs(const struct thread *self)
{
    return unlikely(self->handler.frame != 0);
}

void handler_unsafe_call_slow(struct thread *self, const char *called, const void *frame);

/* A wrapper of `called`, which is not async-signal-safe (signal-safety(7)), was entered. */
static inline void handler_unsafe_call(struct thread *self, const char *called, const void *frame)
{
    if (handler_runs(self))
        handler_unsafe_call_slow(self, called, frame);
}

/* Before the program's handler is called from a function with this frame: what handler_end puts
   back. Both without the guard. */
struct handler handler_begin(struct thread *self, int signal, const void *context, uintptr_t frame);
void handler_end(struct thread *self, const struct handler *before);

/* The handler has returned and errno is not what it was. */
void handler_spoiled_errno(struct thread *self, int signal, uintptr_t handler);

/* The thread leaves a handler by longjmp. */
void handler_left(struct thread *self);

#endif
