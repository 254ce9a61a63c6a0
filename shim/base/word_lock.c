#include "base/word_lock.h"

#include <linux/futex.h>
#include <stddef.h>
#include <time.h>

#include "base/syscall.h"

/* A holder that lost its processor gets it back only when we give up ours. Nobody wakes us: we look
   again after a while. By futex, which every filter of system calls lets programs with threads
   make; the kernel does not begin to sleep when the word is free by then. */
void word_lock_wait(uint32_t *word)
{
    const struct timespec nap = {.tv_nsec = 50000};
    for (;;) {
        for (int spins = 0; spins < 64; spins++) {
            __builtin_ia32_pause();
            if (!__atomic_load_n(word, __ATOMIC_RELAXED) && word_lock_try(word))
                return;
        }
        raw_syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, &nap, NULL, 0);
    }
}
