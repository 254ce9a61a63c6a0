/*
 * A lock in one word of a row or object, where ranked locks (base/lock.h) would be too few: 0 free,
 * 1 taken. Held for a few instructions, with the guard entered, and never while a ranked lock is
 * taken under it except where the object's comment says so.
 *
 * Giving it is a plain store, a third of what taking and giving cost when it had to ask whether
 * somebody sleeps: who waits looks again by itself.
 */
#ifndef HOLDFAST_BASE_WORD_LOCK_H
#define HOLDFAST_BASE_WORD_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

void word_lock_wait(uint32_t *word);

static inline bool word_lock_try(uint32_t *word)
{
    uint32_t free = 0;
    return __atomic_compare_exchange_n(word, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void word_lock_take(uint32_t *word)
{
    if (unlikely(!word_lock_try(word)))
        word_lock_wait(word);
}

static inline void word_lock_give(uint32_t *word)
{
    __atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

#endif
