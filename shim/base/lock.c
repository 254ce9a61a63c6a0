#include "base/lock.h"

#include <linux/futex.h>
#include <stddef.h>

#include "base/syscall.h"

/* 0 free, 1 taken, 2 taken and somebody may be waiting. A cache line each. */
static struct {
    uint32_t word;
    char pad[60];
} locks[LOCK_COUNT] __attribute__((aligned(64)));

bool lock_try(enum lock_rank rank)
{
    uint32_t free = 0;
    return __atomic_compare_exchange_n(&locks[rank].word, &free, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

void lock_take(enum lock_rank rank)
{
    uint32_t *word = &locks[rank].word;
    if (lock_try(rank))
        return;
    while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
        raw_syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, NULL, NULL, 0);
}

void lock_give(enum lock_rank rank)
{
    uint32_t *word = &locks[rank].word;
    if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
        raw_syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

void lock_reset_all(void)
{
    for (int i = 0; i < LOCK_COUNT; i++)
        __atomic_store_n(&locks[i].word, 0, __ATOMIC_RELAXED);
}
