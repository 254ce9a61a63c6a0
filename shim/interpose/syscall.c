/*
 * syscall(): Rust's and other runtimes' own locks wait in futex calls made through it, and calls
 * that libc has no function for open descriptors and make children (syscall_descriptor.c). Every
 * other number goes on untouched, with all registers and the stack as they were: vfork, and a clone
 * that shares memory or has a stack of its own, would not survive a frame of ours.
 */
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "interpose/blocking.h"
#include "interpose/handles.h"
#include "state/sync.h"

static_assert(sizeof(long) == 8, "six arguments of a register each");

__asm__(".text\n.globl syscall\n.type syscall, @function\nsyscall:\n.cfi_startproc\n"
        "cmp $202, %rdi\n"
        "je syscall_futex\n"
        "cmp $512, %rdi\n" /* SYSCALLS_WATCHED */
        "jae 1f\n"
        "cmp $56, %rdi\n"
        "jne 2f\n"
        "test $0x100, %esi\n" /* CLONE_VM */
        "jnz 1f\n"
        "test %rdx, %rdx\n" /* a stack of its own */
        "jnz 1f\n"
        "2:\n"
        "lea syscall_watched(%rip), %r11\n"
        "cmpb $0, (%r11,%rdi)\n"
        "jne syscall_descriptor\n"
        "1:\n"
        "mov real_syscall(%rip), %r11\n"
        "mov (%r11), %r11\n"
        "jmp *%r11\n"
        ".cfi_endproc\n.size syscall, . - syscall\n");
static_assert(SYS_futex == 202 && SYS_clone == 56 && SYSCALLS_WATCHED == 512,
              "the numbers compared above");

/* Where real.syscall is, for the assembly. */
extern void *const real_syscall __attribute__((visibility("hidden")));
void *const real_syscall = &real.syscall;

long syscall_futex(long number, long word, long operation, long value, long time, long word2,
                   long value3) __attribute__((visibility("hidden")));

/* FUTEX_WAIT's time is relative, FUTEX_WAIT_BITSET's and the locks' an absolute one of the clock
   that the operation names (futex(2)). */
static uint64_t futex_deadline(int operation, const struct timespec *time)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return deadline_in(time);
    case FUTEX_LOCK_PI:
        return deadline_at(CLOCK_REALTIME, time);
    default:
        return deadline_at(operation & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC,
                           time);
    }
}

/* A guard of a C++ variable is waited for by such calls of the C++ runtime: the wait is noted
   (interpose/static_guard.c), unless another thread began to initialise right after we looked. */
static bool is_noted(uintptr_t word)
{
    const struct thread *self = thread_current;
    return self && self->waiting && self->row->wait_kind == WAIT_ONCE &&
           self->row->wait_object == word;
}

static enum wait_kind wait_of(uintptr_t word)
{
    return sync_find_kind(word, SYNC_GUARD) ? WAIT_ONCE : WAIT_FUTEX;
}

static inline __attribute__((always_inline)) struct thread *
futex_begin(uintptr_t word, int operation, uint32_t value, uint64_t deadline, const void *frame)
{
    struct thread *self = guard_enter();
    if (unlikely(!self))
        return NULL;
    self->futex = value;
    self->futex_shared = !(operation & FUTEX_PRIVATE_FLAG);
    bool waits = wait_begin(self, wait_of(word), word, deadline, frame);
    if (waits && deadline == WAIT_FOREVER)
        deadlock_look(self);
    guard_leave(self);
    return waits ? self : NULL;
}

long syscall_futex(long number, long word, long operation, long value, long time, long word2,
                   long value3)
{
    switch ((int)operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_REQUEUE_PI:
        break;
    default:
        return real.syscall(number, word, operation, value, time, word2, value3);
    }
    if (is_noted((uintptr_t)word))
        return real.syscall(number, word, operation, value, time, word2, value3);
    struct thread *waiter =
        futex_begin((uintptr_t)word, (int)operation, (uint32_t)value,
                    futex_deadline((int)operation, (const struct timespec *)time), FRAME);
    long result = real.syscall(number, word, operation, value, time, word2, value3);
    if (likely(waiter))
        wait_end(waiter, result == 0);
    return result;
}
