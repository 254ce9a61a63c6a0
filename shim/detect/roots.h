/*
 * Root memory of the leak scan: all memory from which the program could still get at a block.
 *
 *   read      registers of all threads, their stacks from the stack pointer up (thread-local
 * storage and thread descriptors lie above), modules' data, all other anonymous and shared memory
 *   not read  memory of ours; what lies below a stack pointer; stacks of ended threads, which glibc
 *             keeps for the next one with all that is still in them; the file's own pages of mapped
 *             files; devices; pages that are not there; blocks (they are read when they are
 * reached) and what glibc's allocator keeps between them
 *
 * In doubt memory is read: that can hide a leak, the reverse would invent one. So the space between
 * blocks is read where blocks exist that we did not see allocated, or where the allocator is not
 * glibc's.
 *
 * One thread, world stopped, faults armed.
 */
#ifndef HOLDFAST_DETECT_ROOTS_H
#define HOLDFAST_DETECT_ROOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/mark.h"
#include "detect/ranges.h"
#include "detect/root_map.h"
#include "state/thread.h"

struct roots {
    struct root_maps maps;
    struct ranges excluded;
    bool gaps;  /* read what lies between blocks of glibc's heaps too */
    bool glibc; /* blocks are glibc's */
    bool incomplete;
    struct mark *mark;
    const struct root_map *map; /* the one being read */
    struct page_reader pages;
};

/* Reads the list of mappings and works out what not to read. sp: the exiting thread's. False: no
   memory or no /proc. */
bool roots_find(struct roots *roots, const struct thread *self, uintptr_t sp);

/* Adds the blocks of all mappings to index. False: no memory. */
bool roots_index_blocks(const struct roots *roots, struct block_index *index);

/* Marks from all of them; mark_drain is the caller's. */
void roots_mark(struct roots *roots, struct mark *mark);

#endif
