#include "detect/race_heap.h"

#include "base/lock.h"
#include "base/recording.h"

/* The epoch in which each block was freed, by row. */
static stamp_t *freed_in;

static uint64_t index_of(const struct block_row *row)
{
    return (uint64_t)(row - ROW(SECTION_BLOCKS, const struct block_row, 0));
}

static bool set_up(void)
{
    if (likely(__atomic_load_n(&freed_in, __ATOMIC_ACQUIRE) != NULL))
        return true;
    uint64_t rows = recording->sections[SECTION_BLOCKS - 1].capacity / sizeof(struct block_row);
    lock_take(LOCK_SHADOW);
    if (!freed_in)
        __atomic_store_n(&freed_in, (stamp_t *)pages_map_wiped(rows * sizeof *freed_in),
                         __ATOMIC_RELEASE);
    lock_give(LOCK_SHADOW);
    return freed_in != NULL;
}

/* glibc maps larger blocks by themselves (M_MMAP_THRESHOLD, at least 128 KB) and unmaps them when
   they are freed: what lies there now is not known to be theirs. */
#define FREED_MAX (64u << 10)

const struct block_row *race_heap_row(struct thread *self, uintptr_t address)
{
    if (!block_region(address))
        return NULL;
    struct thread_accesses *own = thread_accesses(self);
    const struct block_row **last = own ? &own->block[address / 4096 % BLOCKS_TOUCHED] : NULL;
    const struct block_row *row = last ? *last : NULL;
    if (row && block_state_of(row) == BLOCK_LIVE && address - block_address(row) < block_size(row))
        return row;
    row = block_holding(address);
    if (last && row && block_state_of(row) == BLOCK_LIVE)
        *last = row;
    bool unmapped = row && block_state_of(row) == BLOCK_FREED && block_size(row) >= FREED_MAX;
    return unmapped ? NULL : row;
}

void race_heap_freed(struct thread *self, uintptr_t address)
{
    const struct block_row *row = block_find(address);
    if (row && set_up())
        freed_in[index_of(row)] = self->clock.now;
}

stamp_t race_heap_freed_by(const struct block_row *row)
{
    return freed_in ? freed_in[index_of(row)] : 0;
}

void race_heap_forget(uintptr_t start, uintptr_t end)
{
    block_forget_freed(start, end);
}

void race_heap_after_fork(void)
{
    freed_in = NULL; /* the child's recording may have another size */
}
