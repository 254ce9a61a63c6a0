#include "base/word_lock.h"

#include <stddef.h>
#include <time.h>

#include "base/syscall.h"

/* A holder that lost its processor gets it back sooner when we yield ours; one of lower priority
   than ours only when we sleep. */
#define YIELDS 3u

void word_lock_wait(uint32_t *word)
{
    const struct timespec nap = {.tv_nsec = 50000};
    for (uint32_t tries = 0;; tries++) {
        for (int spins = 0; spins < 64; spins++) {
            __builtin_ia32_pause();
            if (!__atomic_load_n(word, __ATOMIC_RELAXED) && word_lock_try(word))
                return;
        }
        if (tries < YIELDS)
            raw_syscall(SYS_sched_yield);
        else
            raw_syscall(SYS_nanosleep, &nap, NULL);
    }
}
