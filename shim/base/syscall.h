/*
 * Raw system calls: what the shim uses where libc's wrapper would touch errno, be a cancellation
 * point, or be one of our own wrappers. Results are the kernel's: -errno on failure.
 */
#ifndef HOLDFAST_BASE_SYSCALL_H
#define HOLDFAST_BASE_SYSCALL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

static inline long raw_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define RAW_PICK(_0, _1, _2, _3, _4, _5, _6, name, ...) name
#define RAW0(n)                                         raw_syscall6(n, 0, 0, 0, 0, 0, 0)
#define RAW1(n, a)                                      raw_syscall6(n, (long)(a), 0, 0, 0, 0, 0)
#define RAW2(n, a, b)                                   raw_syscall6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW3(n, a, b, c)                                raw_syscall6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW4(n, a, b, c, d)                             raw_syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW5(n, a, b, c, d, e)                                                                     \
    raw_syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define RAW6(n, a, b, c, d, e, f)                                                                  \
    raw_syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* raw_syscall(number, up to six arguments) */
#define raw_syscall(...)                                                                           \
    RAW_PICK(__VA_ARGS__, RAW6, RAW5, RAW4, RAW3, RAW2, RAW1, RAW0)(__VA_ARGS__)

/* True for a result that means failure (the kernel's error range). */
static inline int raw_failed(long result)
{
    return (unsigned long)result >= (unsigned long)-4095;
}

#endif
