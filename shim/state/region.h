/*
 * Regions: the memory that the program has mapped and must unmap (mmap, shmat), as its calls said.
 * What libc maps for itself (heaps, stacks of threads, libraries) does not come this way.
 *
 * A mapping has a row among the resources; what is left of it are pieces, sorted by address, any
 * number for one row: a hole cut out of the middle leaves two. The row's extra counts the bytes
 * that are left; with the last of them it is closed.
 *
 * Pieces lie in chunks of up to 128, and the chunks' list is sorted too: naive is one sorted array,
 * in which an insertion among 60,000 (vm.max_map_count) moves a megabyte.
 *
 * Any thread, guard entered; LOCK_MAPPINGS. What is given up is told before the real call, what was
 * obtained after it.
 */
#ifndef HOLDFAST_STATE_REGION_H
#define HOLDFAST_STATE_REGION_H

#include "state/resource.h"

struct region {
    uintptr_t start, end;
    uint32_t row;  /* in SECTION_HANDLES */
    uint32_t mark; /* for who was given a copy */
};

/* At birth and in a fork's child: none is known. */
void region_start_up(void);

/* A call has mapped [start, start + size). */
void region_mapped(struct thread *self, uintptr_t start, size_t size,
                   const struct handle_birth *birth);

/* [start, start + size) is about to go, or to be mapped over. Returns the bytes of it that were
   known. */
size_t region_going(struct thread *self, uintptr_t start, size_t size, uint32_t stack);

/* Does all of it lie inside one piece that is larger? */
bool region_is_part(uintptr_t start, size_t size);

/* The whole of the mapping that starts at start is about to go: shmdt. */
void region_detached(struct thread *self, uintptr_t start, uint32_t stack);

/* mremap: what was at [start, start + size) leaves, to come back elsewhere: returns its row, NULL
   when it was not known as part of one mapping. */
struct handle_row *region_leaves(uintptr_t start, size_t size);
void region_comes(struct handle_row *row, uintptr_t start, size_t size);

/* All pieces, sorted. Takes no lock: world stopped. to may be NULL. Returns how many there are. */
size_t region_copy(struct region *to, size_t room);

#endif
