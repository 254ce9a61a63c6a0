/*
 * Filters: who has recorded an access to each four bytes of memory in which epoch. Moved code looks
 * there before each access; what it finds there need not be recorded again.
 *
 * The naive model: ask the shadow at each access. Here a cell of 4 bytes belongs to each 4 bytes of
 * the program's that begin at a multiple of 4, and holds the tag of one epoch of one thread, and
 * for each of the bytes whether the shadow has a plain access, and a plain write, of it by this
 * thread in this epoch. A thread compares with its own tag, so nobody need take back what another
 * one put there: while its epoch lasts, its records stay. It takes back its own cells where memory
 * changes hands.
 *
 * Four arrays, one for each thread in turn, so that what several threads read does not travel
 * between their cores. A cell lies at a fixed distance of its memory, or at its address with some
 * bits turned; both for all addresses at once, so arrays are made of address space that the kernel
 * fills when it is touched. Windows where programs lie are mapped from the start, others when an
 * access there is met.
 *
 * Tags: 21 bits of a number, spread so that no view of cells but the aligned one is taken for a
 * tag, whatever bits of its bytes are set: the first byte of a tag has bit 2, the second and third
 * have not, and the second's number is never 0. They are given out in blocks. Before numbers come
 * again all arrays are emptied, and what was held then is not given out in that round.
 *
 * Any thread, guard entered; filter_cell and filter_has without.
 */
#ifndef HOLDFAST_REWRITE_FILTER_H
#define HOLDFAST_REWRITE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "format/rewrite.h"

#define FILTERS         4u
#define TAG_BOTH        0x0000000100000001ull /* times a tag: both halves of 8 bytes */
#define TAG_BLOCK       128u
#define TAG_BLOCKS_MOST (32u * 31 * 32 * 64 / TAG_BLOCK)

/* What is not of the tag. */
#define CELL_KINDS (CELL_TOUCHED_BITS | CELL_WRITTEN_BITS)

/* Where an array's cells lie: (address ^ flip) + distance. One of both is 0. */
struct filter {
    uintptr_t flip;
    intptr_t distance;
};
extern struct filter filters[FILTERS] __attribute__((visibility("hidden")));
extern enum rewrite_form filter_form __attribute__((visibility("hidden")));

/* A bit for each gigabyte of addresses that has cells. */
extern uint64_t filter_map[(1u << 17) / 64] __attribute__((visibility("hidden")));

static inline bool filter_has(uintptr_t address)
{
    uintptr_t gigabyte = address >> 30;
    return likely(gigabyte < 1u << 17) &&
           likely(__atomic_load_n(&filter_map[gigabyte / 64], __ATOMIC_RELAXED) >> gigabyte % 64 &
                  1);
}

static inline uint32_t *filter_cell(const struct filter *filter, uintptr_t address)
{
    return (uint32_t *)(((address & ~(uintptr_t)3) ^ filter->flip) + (uintptr_t)filter->distance);
}

/* Bit i of a mask of 8 bytes as bit 0 of byte i. */
static inline uint64_t filter_spread(uint64_t mask)
{
    mask = (mask | mask << 28) & 0x0000000f0000000full;
    mask = (mask | mask << 14) & 0x0003000300030003ull;
    return (mask | mask << 7) & CELL_TOUCHED_BITS;
}

/* Maps the windows; once, before the first moved code runs. False, and said, when the system
   refuses: then nothing may be moved. */
bool filter_start_up(enum rewrite_form form);

/* Cells for the gigabyte of an address that has none, e.g. when one was looked for there. False:
   there cannot be any. Any thread, also in a signal handler. */
bool filter_cover(uintptr_t address);

/* Empties the cells of [start, end) in all arrays. Whole pages go back to the system. */
void filter_empty(uintptr_t start, uintptr_t end);
/* The same in one array; meant for a block. */
void filter_clear(const struct filter *filter, uintptr_t start, uintptr_t end);

/* A thread's tags: [next, end) of the present block are to be given out. All zero: none. */
struct tag_block {
    uint32_t next, end;
};

/* The tag of a new epoch, without any bit of CELL_KINDS; 0: none now, the epoch goes without. */
uint32_t tag_take(struct tag_block *block);

/* In a fork's child: all cells read as zero, nobody but the caller has tags. */
void filter_after_fork(void);

/* How many blocks there are; a test narrows it. How often they came round. */
extern uint32_t tag_blocks;
extern uint64_t tag_rounds;

#endif
