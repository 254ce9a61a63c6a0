#include "base/word_lock.h"

#include <linux/futex.h>
#include <stddef.h>

#include "base/syscall.h"

void word_lock_wait(uint32_t *word)
{
    while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
        raw_syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, NULL, NULL, 0);
}

void word_lock_wake(uint32_t *word)
{
    raw_syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}
