/*
 * What a thread waits for: told by the wrapper of every call that may block, before it blocks, and
 * taken back when it returns. Readers of the recording see the wait in the thread's row; the scan
 * finds the registers that the thread left behind and need not stop it by a signal.
 *
 *     struct thread *self = guard_enter();
 *     bool waits = self && wait_begin(self, WAIT_READ, fd, WAIT_FOREVER, FRAME);
 *     if (self)
 *         guard_leave(self);
 *     ssize_t result = real.read(fd, buffer, size);
 *     if (waits)
 *         wait_end(self, result >= 0);
 *
 * A wait that is left by cancellation, an exception or longjmp is taken back by the next wrapper
 * that the thread enters from further up its stack, or at its end.
 *
 * Only the thread itself calls these; wait_begin with the guard entered, wait_end without.
 */
#ifndef HOLDFAST_STATE_WAIT_H
#define HOLDFAST_STATE_WAIT_H

#include "format/tables.h"
#include "state/thread.h"

#define WAIT_FOREVER 0

/* Non-zero while all threads are to stand still: a thread that comes out of its wait parks. Set by
   who stops the world, with sequentially consistent order, before it reads thread.waiting; the
   other half is in wait_end. world_resume() lets the parked ones go. */
extern uint32_t world_stopped;
void world_resume(void);

/* The deadline of a wait that ends after ns nanoseconds (> 0 even for 0). */
uint64_t deadline_after(uint64_t ns);

/* The deadline (CLOCK_MONOTONIC) for an absolute time of another clock; NULL = WAIT_FOREVER. */
struct timespec;
uint64_t deadline_at(int clock, const struct timespec *at);

/* False for an address where no time is: the call will fail with EFAULT, or not look there. */
bool time_is_readable(const struct timespec *time);

/* The deadline for a relative time; NULL = WAIT_FOREVER. For one that cannot be read: now. */
uint64_t deadline_in(const struct timespec *time);

/* False for kinds where nobody idles: who waits for a lock or for a thread's end has work that it
   cannot do, however often it was woken there before. */
bool wait_may_idle(enum wait_kind kind);

/* False when the thread is in a wait already (a signal handler on top of it): wait_end must then
   not be called. */
bool wait_publish(struct thread *self, enum wait_kind kind, uint64_t object, uint64_t deadline,
                  const void *frame);
void wait_end_slow(struct thread *self, uintptr_t waiting, bool woken);

/* A thread goes on (or waits anew) whose wait was told as part of a deadlock; set at birth. Guard
   entered. */
extern void (*wait_went_on)(struct thread *self);

/* What is to be told of a thread that comes out of a wait with locks held; set at birth (the
   detector lies above us). Guard entered. */
extern void (*wait_while_holding)(struct thread *self, uint32_t kind);

/* The wait that has just begun is at a place where the thread was served before, if without a wait:
   it idles there. Guard entered. */
void wait_is_served(struct thread *self);

/* Takes back a wait that was left without wait_end. */
void wait_forget(struct thread *self);

/* A wrapper was entered while self->waiting: by a handler on top of the wait, or because the wait
   was left. here: an address in the wrapper's frame. */
void wait_met_inside(struct thread *self, uintptr_t here);

/* object: as waits.def says; deadline: CLOCK_MONOTONIC ns or WAIT_FOREVER; frame: the wrapper's
   (FRAME). Always inline: it must see the wrapper's own registers. */
static inline __attribute__((always_inline)) bool wait_begin(struct thread *self,
                                                             enum wait_kind kind, uint64_t object,
                                                             uint64_t deadline, const void *frame)
{
    if (!wait_publish(self, kind, object, deadline, frame))
        return false;
    struct saved_registers *saved = &self->saved;
    saved->bp = ((const uintptr_t *)frame)[0];
    saved->pc = ((const uintptr_t *)frame)[1];
    __asm__ volatile("mov %%rsp, %0\n mov %%rbx, %1\n mov %%r12, %2\n mov %%r13, %3\n"
                     "mov %%r14, %4\n mov %%r15, %5"
                     : "=m"(saved->sp), "=m"(saved->rbx), "=m"(saved->r12), "=m"(saved->r13),
                       "=m"(saved->r14), "=m"(saved->r15)
                     :
                     : "memory");
    /* Publishes the registers. Pairs with the scan's acquire. */
    __atomic_store_n(&self->waiting, kind, __ATOMIC_RELEASE);
    return true;
}

/* woken: somebody gave what was waited for (no timeout, no error). */
static inline void wait_end(struct thread *self, bool woken)
{
    /* A handler on top of the wait forked, and this is the child: the wait was its parent's. */
    if (unlikely(self != thread_current))
        return;
    __atomic_store_n(&self->row->wait_kind, 0, __ATOMIC_RELAXED);
    /* Either the stopper sees that we are out, or we see that the world stands still: both stores
       come before both loads. */
    uintptr_t kind = __atomic_exchange_n(&self->waiting, 0, __ATOMIC_SEQ_CST);
    if (unlikely(__atomic_load_n(&world_stopped, __ATOMIC_SEQ_CST)) || woken || self->held.count ||
        unlikely(kind & WAITING_TOLD))
        wait_end_slow(self, kind, woken);
}

#endif
