/*
 * A set of address ranges, filled, then sorted and joined, then asked. For the leak scan: what is
 * not to be read.
 */
#ifndef HOLDFAST_DETECT_RANGES_H
#define HOLDFAST_DETECT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
    uintptr_t start, end;
};

struct ranges {
    struct range *all;
    size_t count, capacity;
    bool full; /* some were not kept */
};

/* Room for capacity ranges in pages of our own. False: no memory. */
bool ranges_begin(struct ranges *ranges, size_t capacity);

/* Empty ranges are dropped. */
void ranges_add(struct ranges *ranges, uintptr_t start, uintptr_t end);

/* Sorts by start and joins what touches. */
void ranges_sort(struct ranges *ranges);

/* The parts of [start, end) that no range covers, in order. After ranges_sort. */
void ranges_between(const struct ranges *ranges, uintptr_t start, uintptr_t end,
                    void (*visit)(uintptr_t start, uintptr_t end, void *with), void *with);

#endif
