/*
 * Heap blocks: from address to row without a lock, a hash or a search.
 *
 * The address space is cut into windows of 32 bytes (16 where the allocator below is not glibc's):
 * no two blocks start in the same one, because glibc's smallest chunk is 32 bytes. A two-level
 * table gives each window a 32-bit number: the row of the block that starts (or last started)
 * there. Rows lie in SECTION_BLOCKS and stay with their window when the block is freed, so a second
 * free is told as long as the address was not handed out again, and the next block there takes the
 * row over: no free lists. The first level is one pointer per 16 MB, its tables are private and
 * wiped in a fork's child.
 *
 * Ownership makes this safe without atomics beyond publishing: between malloc's return and free's
 * call only one owner may speak of an address. A thread that races with itself here is a bug of the
 * program, and costs it a finding, never us our tables.
 *
 * Memory: 32 bytes per block row, 4 per window of a touched page of windows: 32 + size/8 a live
 * block.
 */
#ifndef HOLDFAST_STATE_BLOCK_H
#define HOLDFAST_STATE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/recording.h"
#include "state/thread.h"

/* At birth (and in a fork's child): fresh tables. foreign: the allocator below is not glibc's. */
bool block_start_up(bool foreign);

/* After an allocation returned address. */
void block_born(struct thread *self, uintptr_t address, uint64_t size, enum block_family family,
                uint32_t stack);

/* An allocation that nobody observed returned address: what we knew of it is stale. NULL is fine.
 */
void block_forget(uintptr_t address);

/* A release that nobody observed: a row that stayed live would be called leaked. */
void block_gone(uintptr_t address);

/* The row of the block that starts exactly at address, live or freed; NULL when unknown. */
struct block_row *block_find(uintptr_t address);

/* Before a release. The row must be BLOCK_LIVE. */
void block_dying(struct block_row *row, uint32_t stack);

/* Before realloc, and when it failed. */
void block_moving(struct block_row *row);
void block_stays(struct block_row *row);

/* The live block that holds address at offset < max(size, 1), or NULL. Not for hot paths: walks
   back over windows. */
struct block_row *block_around(uintptr_t address);

/* The block that holds address, live or freed: the live one if there is one, else the nearest freed
   one. NULL when none is found within a few thousand windows. */
struct block_row *block_holding(uintptr_t address);

/* Forgets the freed blocks that start in [start, end): something else lies there now. */
void block_forget_freed(uintptr_t start, uintptr_t end);

/* Blocks that were allocated but not observed since this process started: memory that may hold
   pointers and has no row. Atomic. */
extern uint64_t block_unseen;

/* Called when there are twice as many rows as block_growth_after was last told, or when large
   blocks of together that many bytes have been made since; set at birth. Guard entered, no lock
   held, the new block not yet in its row. */
extern void (*block_grew)(struct thread *self);
void block_growth_after(uint64_t rows, uint64_t bytes);

/* Is any block live? Reads rows until it meets one. */
bool block_any(void);

/* For the scan: calls visit for every live or moving block in order of addresses. World stopped. */
void block_each(void (*visit)(struct block_row *row, void *with), void *with);

static inline uintptr_t block_address(const struct block_row *row)
{
    return row->head & BLOCK_ADDRESS_MASK;
}
static inline enum block_state block_state_of(const struct block_row *row)
{
    return (enum block_state)(row->head >> BLOCK_STATE_SHIFT & 0xff);
}
static inline enum block_family block_family_of(const struct block_row *row)
{
    return (enum block_family)(row->head >> BLOCK_FAMILY_SHIFT & 0xf);
}
static inline uint64_t block_size(const struct block_row *row)
{
    return row->size_scope & BLOCK_SIZE_MASK;
}

/* Direct access for the scan: the window table of the 16 MB region that holds address, or NULL.
   Entry i is the row index of the block that starts in window i, 0 none. */
#define BLOCK_REGION_SHIFT 24
extern unsigned block_window_shift;
uint32_t *block_region(uintptr_t address);

#endif
