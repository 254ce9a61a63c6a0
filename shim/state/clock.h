/* Time for rows: CLOCK_MONOTONIC ns. clock_coarse costs 4-5 ns and is exact to the kernel's tick
   (1-4 ms); clock_now costs 20-25. Both are the vdso's, safe in signal handlers. */
#ifndef HOLDFAST_STATE_CLOCK_H
#define HOLDFAST_STATE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "base/memory.h"
#include "base/syscall.h"

/* libc's function behind our wrapper of it, which is for the program; set when it is known (weak:
   one for all who include this). */
__attribute__((weak, visibility("hidden"))) __typeof__(clock_gettime) *clock_real;

static inline uint64_t clock_read(clockid_t clock)
{
    struct timespec now = {0};
    if (likely(clock_real))
        clock_real(clock, &now);
    else
        raw_syscall(SYS_clock_gettime, clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_now(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

static inline uint64_t clock_coarse(void)
{
    return clock_read(CLOCK_MONOTONIC_COARSE);
}

#endif
