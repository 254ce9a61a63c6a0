/*
 * A lock in one word of a row or object, where ranked locks (base/lock.h) would be too few: 0 free,
 * 1 taken, 2 taken and somebody may wait. Held for a few instructions, with the guard entered, and
 * never while a ranked lock is taken under it except where the object's comment says so.
 */
#ifndef HOLDFAST_BASE_WORD_LOCK_H
#define HOLDFAST_BASE_WORD_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

void word_lock_wait(uint32_t *word);
void word_lock_wake(uint32_t *word);

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
    if (unlikely(__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2))
        word_lock_wake(word);
}

#endif
