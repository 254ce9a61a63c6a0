/*
 * The allocator behind us, where that is not libc's own (whose calls nobody sees): what it does
 * with memory that it has given out, or took back, is not the program's. Where it ends with a jump
 * to memset, say, our wrapper that has called it seems to be the caller.
 *
 * Both ranges of code are set once, before the program's first thread is made (interpose/real.c).
 */
#ifndef HOLDFAST_STATE_ALLOCATOR_H
#define HOLDFAST_STATE_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

/* size 0: it is libc's. above_allocator: the shim. */
extern struct code_range {
    uintptr_t start, size;
} allocator, above_allocator;

/* frame: of a wrapper. */
static inline bool called_by_allocator(const void *frame)
{
    uintptr_t caller = ((const uintptr_t *)frame)[1];
    return caller - allocator.start < allocator.size ||
           caller - above_allocator.start < above_allocator.size;
}

#endif
