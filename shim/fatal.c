/*
 * Signals that end the process by their default action. Each handler does its part, gives the
 * signal its default action back and lets it happen again, so that the process dies by it and a
 * core dump shows the program, not us.
 */
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "detect/unflushed_stream.h"
#include "interpose/real.h"
#include "start.h"
#include "state/signals.h"
#include "state/stack.h"

/* The interrupted thread is inside the shim and may hold its locks: it leaves first. */
static bool defer(int signal, siginfo_t *info)
{
    struct thread *self = thread_current;
    if (!self || !self->busy || self->busy == GUARD_VFORK || !observing.on)
        return false;
    self->deferred_info = *info;
    __atomic_store_n(&self->deferred, (uint32_t)signal, __ATOMIC_RELEASE);
    return true;
}

/* Left the guard: what was deferred happens now. */
void guard_deferred(struct thread *self)
{
    int signal = (int)__atomic_exchange_n(&self->deferred, 0, __ATOMIC_ACQ_REL);
    bool held_back = self->held_back;
    uint64_t mask = self->held_back_mask;
    self->held_back = false;
    if (signal)
        signals_again(signal, &self->deferred_info);
    if (held_back)
        signals_restore(mask);
}

static void on_ending(int signal, siginfo_t *info, void *context)
{
    if (process_is_ours()) {
        struct thread *self = guard_enter();
        if (!self && defer(signal, info))
            return;
        if (self)
            guard_leave(self);
        last_look(ENDING_SIGNAL, signal, NULL);
        /* Another ending may have been under way, or no look was possible. */
        process_ended(ENDING_SIGNAL, signal);
    }
    signals_default(signal);
    signals_again(signal, info);
}

static void on_crash(int signal, siginfo_t *info, void *context)
{
    /* First of all: if what follows faults too, the process dies at once. */
    signals_default(signal);
    if (process_is_ours() && recording->state == PROCESS_RUNNING) {
        bool watched = observing.handles;
        recording->crash_address = (uintptr_t)info->si_addr;
        process_ended(ENDING_CRASH, signal);
        struct thread *self = thread_current;
        recording->crash_thread = self ? self->number : 0;
        if (self && !self->busy) {
            self->busy = (uintptr_t)FRAME;
            struct stack_start start = stack_start_of_context(self, context);
            recording->crash_stack = stack_at(self, &start);
            if (watched)
                unflushed_stream_look(self, recording->crash_stack);
            self->busy = 0;
        }
    }
    /* A fault happens again when its instruction does; a signal that was sent must be sent. */
    if (info->si_code <= 0 || signal == SIGABRT)
        signals_again(signal, info);
}

void fatal_start_up(void)
{
    struct sigaction ours = {.sa_sigaction = on_ending, .sa_flags = SA_SIGINFO}, before;
    if (real.sigaction(SIGURG, &ours, &before) != 0)
        return;
    signals_start_up(on_ending, on_crash, SIGURG);
    real.sigaction(SIGURG, &before, NULL);
}
