/*
 * The tags of the calling thread's present epoch (format/rewrite.h): what moved code compares
 * filter cells with. Used by vclock, which ends epochs, and by rewrite/, which gives tags.
 *
 * Zero: the thread is not watched; cells that nobody has touched hit. Stale: an epoch has begun and
 * has no tag yet; no cell hits, aligned or not (rewrite/filter.h: no tag has bit 10).
 *
 * Only the thread itself.
 */
#ifndef HOLDFAST_STATE_SLOTS_H
#define HOLDFAST_STATE_SLOTS_H

#include "base/memory.h"
#include "state/moved.h"

#define SLOTS_STALE UINT64_MAX

static inline bool slots_are_watched(void)
{
    return rewrite_slots.write != 0;
}

/* A new epoch: what was recorded before must be recorded again. */
static inline void slots_stale(void)
{
    if (unlikely(rewrite_slots.write != 0))
        rewrite_slots.write = rewrite_slots.read = SLOTS_STALE;
}

/* Nothing of this thread is watched (any more). */
static inline void slots_clear(void)
{
    rewrite_slots.write = rewrite_slots.read = 0;
}

#endif
