/*
 * Which heap block an address lies in, as the race engine must know it: memory without records may
 * have been given back. The rows of the block table (state/block.h) stay when a block is freed;
 * nothing is written into shadow when one is, so that programs pay only for what they touch.
 *
 * Guard entered. Used by detect/race*.c, and by thunks of rewritten code.
 */
#ifndef HOLDFAST_DETECT_RACE_HEAP_H
#define HOLDFAST_DETECT_RACE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "state/block.h"
#include "state/record_set.h"

/* How often the thread met a race that was told, and has not counted it (detect/race_tell.c). */
struct told {
    struct finding_row *row;
    uint32_t times;
};
#define TOLD 16u

#define BLOCKS_TOUCHED 16u

/* What the engine keeps for each thread. */
struct thread_accesses {
    struct told told[TOLD];
    struct record *records; /* for those of one granule */
    uint32_t room;
    /* The newest live ones that it touched, by the page of the access; may have been freed since.
     */
    const struct block_row *block[BLOCKS_TOUCHED];
};

/* NULL when memory is short. */
static inline struct thread_accesses *thread_accesses(struct thread *self)
{
    if (unlikely(!self->accesses))
        self->accesses = arena_alloc(sizeof(struct thread_accesses));
    return self->accesses;
}

/* The row of the block that holds address: live, or freed and nothing is known to lie there since.
   NULL: none that we know of. Remembers the newest live one for its thread. */
const struct block_row *race_heap_row(struct thread *self, uintptr_t address);

/* Has it been given back by now? */
static inline bool race_heap_is_freed(const struct block_row *row, uintptr_t address)
{
    return block_state_of(row) == BLOCK_FREED && address - block_address(row) < block_size(row);
}

/* The block at address is being given back by self, now. */
void race_heap_freed(struct thread *self, uintptr_t address);

/* Which epoch a freed block was given back in; 0 unknown. */
stamp_t race_heap_freed_by(const struct block_row *row);

/* Whatever was freed in [start, end): something else lies there now. */
void race_heap_forget(uintptr_t start, uintptr_t end);

void race_heap_after_fork(void);

#endif
