/*
 * Sending signals: the sender's past is ordered before the handler that meets it, and what a thread
 * raises in itself interrupts nothing.
 */
#include "base/syscall.h"
#include "interpose/real.h"
#include "state/signal_clock.h"

enum { TARGET_PROCESS = 0 };

/* Before a signal is sent. Returns the thread when it sends to itself. */
static struct thread *sending(uint32_t target, int signal, bool itself)
{
    struct thread *self = guard_enter();
    if (!self)
        return NULL;
    signal_sent(self, target, signal);
    self->raises = itself;
    guard_leave(self);
    return itself ? self : NULL;
}

static void sent(struct thread *itself)
{
    if (itself)
        itself->raises = false;
}

#define SEND(target, signal, itself, call)                                                         \
    do {                                                                                           \
        struct thread *raiser = sending(target, signal, itself);                                   \
        int result = call;                                                                         \
        sent(raiser);                                                                              \
        return result;                                                                             \
    } while (0)

static bool is_this_process(pid_t pid)
{
    return pid == (pid_t)raw_syscall(SYS_getpid);
}

static uint32_t number_of(pthread_t id)
{
    struct thread *self = guard_enter();
    uint32_t number = self ? thread_by_pthread(id) : TARGET_PROCESS;
    if (self)
        guard_leave(self);
    return number;
}

int wrap_raise(int signal)
{
    struct thread *self = thread_current;
    SEND(self ? self->number : TARGET_PROCESS, signal, true, real.raise(signal));
}

int wrap_gsignal(int signal)
{
    struct thread *self = thread_current;
    SEND(self ? self->number : TARGET_PROCESS, signal, true, real.gsignal(signal));
}

int wrap_pthread_kill(pthread_t id, int signal)
{
    SEND(number_of(id), signal, id == pthread_self(), real.pthread_kill(id, signal));
}

int wrap_pthread_sigqueue(pthread_t id, int signal, const union sigval value)
{
    SEND(number_of(id), signal, id == pthread_self(), real.pthread_sigqueue(id, signal, value));
}

/* To the own process: when it has one thread, that one meets the signal before the call returns. */
int wrap_kill(pid_t pid, int signal)
{
    SEND(TARGET_PROCESS, signal, is_this_process(pid), real.kill(pid, signal));
}

int wrap_killpg(pid_t group, int signal)
{
    SEND(TARGET_PROCESS, signal, false, real.killpg(group, signal));
}

int wrap_sigqueue(pid_t pid, int signal, const union sigval value)
{
    SEND(TARGET_PROCESS, signal, is_this_process(pid), real.sigqueue(pid, signal, value));
}

int wrap_tgkill(pid_t pid, pid_t tid, int signal)
{
    struct thread *self = thread_current;
    SEND(TARGET_PROCESS, signal, self && self->tid == tid, real.tgkill(pid, tid, signal));
}

/* Timers of the process: who sets one orders its past before the handler. */
unsigned wrap_alarm(unsigned seconds)
{
    sending(TARGET_PROCESS, SIGALRM, false);
    return real.alarm(seconds);
}

useconds_t wrap_ualarm(useconds_t first, useconds_t interval)
{
    sending(TARGET_PROCESS, SIGALRM, false);
    return real.ualarm(first, interval);
}

int wrap_setitimer(__itimer_which_t which, const struct itimerval *value, struct itimerval *ret_old)
{
    int signal = which == ITIMER_VIRTUAL ? SIGVTALRM : which == ITIMER_PROF ? SIGPROF : SIGALRM;
    sending(TARGET_PROCESS, signal, false);
    return real.setitimer(which, value, ret_old);
}
