/*
 * From any word to the live block that it points into, for the leak scan: built once from the block
 * table with the world stopped.
 *
 * Naive: sort the blocks, search each word of memory by bisection. With 3.7 million blocks and 130
 * million words that is 22 cache misses a hit. Here: entries in order of addresses, and for each
 * kilobyte of address space one line of 32 bytes: a bit for each 16 bytes where a block starts, the
 * same for those that are marked, and how many blocks start before it. The block of a word is then
 * the count plus the population of the bits up to it: one miss to learn that a block is marked
 * already, one more to get its size. The bits of 16 MB lie together in a table that exists only
 * where blocks are; 16 MB that lie in one large block have no table but its number.
 *
 * A word points into a block when address <= word < address + size; of a block of size 0, its
 * address alone does.
 */
#ifndef HOLDFAST_DETECT_BLOCK_INDEX_H
#define HOLDFAST_DETECT_BLOCK_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "state/block.h"

struct block_entry {
    uint64_t start;
    uint32_t size; /* ENTRY_LARGE: look into the row */
    uint32_t row;
};
#define ENTRY_LARGE UINT32_MAX
#define ENTRY_NONE  UINT32_MAX

struct index_line {
    uint64_t starts, marks;
    uint32_t before; /* blocks that start below this kilobyte */
    uint32_t reserved[3];
};
#define LINE_SHIFT       10
#define LINES_PER_REGION (1u << (BLOCK_REGION_SHIFT - LINE_SHIFT))

struct block_index {
    struct block_entry *entries;
    uint32_t count, capacity;
    uintptr_t low, span;  /* all blocks lie in [low, low + span) */
    uintptr_t *regions;   /* per 16 MB: 0, a table of lines, or (entry + 1) * 2 + 1 */
    uintptr_t exact_mask; /* a word without these bits at a set start bit is that block's address */
    uint32_t next_line;   /* while building: lines of the last region below this are filled */
    uintptr_t last_region; /* while building */
};

/* Room for all blocks that there can be. foreign: the allocator is not glibc's. False: no memory.
 */
bool block_index_begin(struct block_index *index, uint32_t capacity, bool foreign);

/* Adds the blocks that start in [start, end); ranges must come in order of addresses. False: no
   memory. */
bool block_index_add(struct block_index *index, uintptr_t start, uintptr_t end);

/* Adds one block, above all before. The heart of block_index_add, and for tests. */
bool block_index_append(struct block_index *index, uintptr_t start, uint64_t size, uint32_t row);

/* After the last. */
void block_index_end(struct block_index *index);

static inline struct block_row *entry_row(const struct block_entry *entry)
{
    return ROW(SECTION_BLOCKS, struct block_row, entry->row);
}

static inline uint64_t entry_size(const struct block_entry *entry)
{
    return likely(entry->size != ENTRY_LARGE) ? entry->size : block_size(entry_row(entry));
}

static inline uint32_t bits_set(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555ull;
    bits = (bits & 0x3333333333333333ull) + (bits >> 2 & 0x3333333333333333ull);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (uint32_t)(bits * 0x0101010101010101ull >> 56);
}

/* The line that holds the bits of address; NULL where no table is. */
static inline struct index_line *index_line_of(const struct block_index *index, uintptr_t address)
{
    uintptr_t region = index->regions[address >> BLOCK_REGION_SHIFT];
    if (!region || region & 1)
        return NULL;
    return (struct index_line *)region + (address >> LINE_SHIFT & (LINES_PER_REGION - 1));
}

static inline uint64_t index_bit_of(uintptr_t address)
{
    return 1ull << (address >> 4 & 63);
}

/* The entry that word points into, or ENTRY_NONE. word must lie in [low, low + span). */
uint32_t block_index_find(const struct block_index *index, uintptr_t word);

/* The first entry that starts at or above address; count when there is none. */
uint32_t block_index_above(const struct block_index *index, uintptr_t address);

#endif
