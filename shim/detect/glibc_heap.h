/*
 * How glibc's malloc lays out memory, as far as the leak scan must know it (malloc/malloc.c and
 * malloc/arena.c of glibc 2.35 to 2.41): a block begins 16 bytes into its chunk, the word before it
 * is the chunk's size with three flags; arenas other than the main one live in heaps of 64 MB at
 * addresses that are multiples of that.
 *
 * Faults must be armed.
 */
#ifndef HOLDFAST_DETECT_GLIBC_HEAP_H
#define HOLDFAST_DETECT_GLIBC_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/block_index.h"

/* Where memory begins again that is not the block's: behind the whole mapping of one that glibc
   mapped by itself, else behind the block. */
uintptr_t glibc_chunk_end(const struct block_entry *entry, bool glibc);

#define GLIBC_HEAP_ALIGNMENT (64ull << 20) /* HEAP_MAX_SIZE: twice DEFAULT_MMAP_THRESHOLD_MAX */

/* Bytes of the arena's heap that begins at address, a multiple of GLIBC_HEAP_ALIGNMENT: nothing but
   chunks and the allocator's own state. 0 when there is none. */
uintptr_t glibc_heap_size(uintptr_t address);

#endif
