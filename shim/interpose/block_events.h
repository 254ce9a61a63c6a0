/*
 * What a block's birth and death mean to all who remember something about its memory: the block
 * table, the shadow of accesses, the objects that threads order themselves by. Used by the malloc
 * family and by C++'s operators. Guard entered.
 */
#ifndef HOLDFAST_INTERPOSE_BLOCK_EVENTS_H
#define HOLDFAST_INTERPOSE_BLOCK_EVENTS_H

#include "base/memory.h"
#include "detect/race.h"
#include "interpose/lock.h"
#include "interpose/real.h"
#include "state/block.h"
#include "state/quarantine.h"
#include "state/sync.h"

static inline void block_event_born(struct thread *self, uintptr_t address, size_t size,
                                    enum block_family family, uint32_t stack)
{
    block_born(self, address, size, family, stack);
    if (unlikely(race_watched()))
        race_block_born(self, address, size);
}

/* Before the release, while the block is still known as live. Its row stays: the caller says what
   becomes of it (freed, moving). */
static inline void block_event_ends(struct thread *self, const struct block_row *row,
                                    uint32_t stack)
{
    uintptr_t address = block_address(row);
    uint64_t size = block_size(row);
    if (unlikely(race_watched()))
        race_block_dying(self, address, size, stack);
    if (sync_may_lie_in(address, address + size))
        lock_memory_gone(self, address, address + size, stack);
}

static inline void block_event_dying(struct thread *self, struct block_row *row, uint32_t stack)
{
    /* First: an access that another thread makes now then finds the block freed, or is found. */
    block_dying(row, stack);
    block_event_ends(self, row, stack);
}

/* What the program frees by p, now that its end was told: blocks that have waited long enough, p
   itself, or nothing yet. ended: p was a live block. */
static inline void block_event_waits(void *p, bool ended, struct quarantine_released *ret)
{
    if (ended) {
        quarantine_put(p, block_size(block_find((uintptr_t)p)), ret);
        return;
    }
    const struct block_row *row = block_find((uintptr_t)p);
    bool again = row && block_state_of(row) == BLOCK_FREED;
    ret->block[0] = ret->block[1] = p;
    ret->count = again && quarantine_take(p) ? 2 : 1;
}

/* Guard left. */
static inline void block_event_release(const struct quarantine_released *released)
{
    for (uint32_t i = 0; i < released->count; i++)
        real.free(released->block[i]);
}

#endif
