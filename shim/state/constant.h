/*
 * Constants: memory of the modules that the program began with and that nobody can write, such as
 * strings and tables. Reads of it cannot race, and threads read the same ones at every step: a
 * source of accesses asks here before it tells the race engine of a read.
 *
 * Those modules stay to the end, so only who makes such memory writable, or maps something else
 * over it, must say so. What is loaded later is not looked at, because it can go unseen.
 *
 * The table is made at birth; any thread may ask at any time.
 */
#ifndef HOLDFAST_STATE_CONSTANT_H
#define HOLDFAST_STATE_CONSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

#define CONSTANT_RANGES 256u /* of more modules the first */

/* Ranges that lie side by side are one, sorted by address. An empty one has low == high. */
extern struct constant_range {
    uintptr_t low, high; /* high: atomic */
} constant_ranges[CONSTANT_RANGES];
extern uint32_t constant_count;

/* In our constructor, when nothing was loaded at run time yet. */
void constant_start_up(void);

/* [start, end) may be written from now on, or is other memory. */
void constant_changes(uintptr_t start, uintptr_t end);

/* The last range that begins at or below the address; without a branch that depends on it. */
static inline bool constant_has(uintptr_t address, size_t size)
{
    const struct constant_range *at = constant_ranges;
    uint32_t count = constant_count;
    if (unlikely(!count))
        return false;
    while (count > 1) {
        uint32_t half = count / 2;
        at += at[half].low <= address ? half : 0;
        count -= half;
    }
    uintptr_t high = __atomic_load_n(&at->high, __ATOMIC_RELAXED);
    return address >= at->low && address < high && size <= high - address;
}

#endif
