/*
 * syscall(): Rust's and other runtimes' own locks wait in futex calls made through it. Every other
 * number goes on untouched, with all registers and the stack as they were: clone and vfork made
 * this way would not survive a frame of ours.
 */
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "interpose/blocking.h"

static_assert(sizeof(long) == 8, "six arguments of a register each");

__asm__(".text\n.globl syscall\n.type syscall, @function\nsyscall:\n.cfi_startproc\n"
        "cmp $202, %rdi\n"
        "je syscall_futex\n"
        "mov real_syscall(%rip), %r11\n"
        "mov (%r11), %r11\n"
        "jmp *%r11\n"
        ".cfi_endproc\n.size syscall, . - syscall\n");
static_assert(SYS_futex == 202, "the number compared above");

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

long syscall_futex(long number, long word, long operation, long value, long time, long word2,
                   long value3)
{
    switch ((int)operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_REQUEUE_PI:
        BLOCKING(WAIT_FUTEX, word, futex_deadline((int)operation, (const struct timespec *)time),
                 real.syscall(number, word, operation, value, time, word2, value3), result == 0);
    default:
        return real.syscall(number, word, operation, value, time, word2, value3);
    }
}
