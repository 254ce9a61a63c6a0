#include "base/lock.h"

#include <stddef.h>

#include "base/word_lock.h"

/* A cache line each. */
static struct {
    uint32_t word;
    char pad[60];
} locks[LOCK_COUNT] __attribute__((aligned(64)));

bool lock_try(enum lock_rank rank)
{
    return word_lock_try(&locks[rank].word);
}

void lock_take(enum lock_rank rank)
{
    word_lock_take(&locks[rank].word);
}

void lock_give(enum lock_rank rank)
{
    word_lock_give(&locks[rank].word);
}

void lock_reset_all(void)
{
    for (int i = 0; i < LOCK_COUNT; i++)
        __atomic_store_n(&locks[i].word, 0, __ATOMIC_RELAXED);
}
