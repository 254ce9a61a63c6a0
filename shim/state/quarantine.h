/*
 * Freed blocks that wait before the allocator gets them back, so that a use after free meets a
 * freed block and not its next owner. A queue bounded by bytes (option quarantine); blocks leave it
 * in the order in which they came.
 *
 * Only while accesses of compiled code are watched: without them few accesses are seen, and the
 * program's memory shall be reused as it is without us. Not when the allocator below is not
 * glibc's, which may count or check what is freed.
 *
 * Guard entered; what leaves the queue is really freed by the caller once the guard is left.
 */
#ifndef HOLDFAST_STATE_QUARANTINE_H
#define HOLDFAST_STATE_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

/* Most bytes that wait; 0 = nobody does. */
extern uint64_t quarantine_limit;

/* From now on blocks wait, if the options and the allocator allow it. */
void quarantine_open(void);

#define QUARANTINE_RELEASED 8u
struct quarantine_released {
    void *block[QUARANTINE_RELEASED];
    uint32_t count;
};

/* p, a block of size bytes, was freed by the program. Adds it, and says what to free instead: the
   oldest that are too many, or p itself. */
void quarantine_put(void *p, uint64_t size, struct quarantine_released *ret);

/* p is freed once more: true when it waited here. Then it no longer does, and the caller frees it
   twice, so that the allocator sees what it would have seen without us. */
bool quarantine_take(void *p);

#endif
