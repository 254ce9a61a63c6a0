/*
 * Marking for the leak scan: which blocks can be reached from the words of root memory.
 *
 * Naive: mark(block): for each word of it, mark what it points to. Here the recursion is an
 * explicit stack (a list of a million nodes would overflow any other), and what waits is fetched
 * ahead: words that may be pointers wait in a short queue while their index lines come in, blocks
 * on their way from the stack wait in another while their contents do.
 *
 * One thread, world stopped, faults armed (detect/fault.h): a range that cannot be read is left and
 * `incomplete` is set.
 */
#ifndef HOLDFAST_DETECT_MARK_H
#define HOLDFAST_DETECT_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/block_index.h"
#include "state/region.h"

#define MARK_AHEAD 16u /* power of two */

struct mark {
    struct block_index *index;
    uint32_t *stack; /* marked entries whose contents are not looked at yet; room for all */
    uint32_t depth;
    uint32_t words_next, words_count;
    uint32_t blocks_next, blocks_count;
    uintptr_t words[MARK_AHEAD];
    uint32_t blocks[MARK_AHEAD];
    bool incomplete;
    /* Mappings, sorted; a word into one sets its mark. */
    struct region *regions;
    size_t region_count;
    /* By entry: blocks whose word at offset chain is not followed before mark_chains. NULL: none.
     */
    uint8_t *chains;
    uint32_t chain;
};

/* index must be complete. False: no memory. */
bool mark_begin(struct mark *mark, struct block_index *index);

/* A root word that is not in memory (a register), or an entry that is reachable by itself. */
void mark_word(struct mark *mark, uintptr_t word);
void mark_entry(struct mark *mark, uint32_t entry);

/* All aligned words of [start, end) are roots. */
void mark_range(struct mark *mark, uintptr_t start, uintptr_t end);

/* The same for memory in which glibc's allocator keeps its state. It points to free chunks; a chunk
   begins 16 bytes before its block, in the last bytes that belong to the block below. Such a word
   is no pointer to that one. */
void mark_allocator_range(struct mark *mark, uintptr_t start, uintptr_t end);

/* The same for data of the loader, which knows of no mapping that the program made, but keeps the
   address at which it has had /etc/ld.so.cache for a while: another mapping may lie there now. */
void mark_loader_range(struct mark *mark, uintptr_t start, uintptr_t end);

/* Follows everything that was marked. After the last root, and whenever. */
void mark_drain(struct mark *mark);

static inline bool mark_is_chain(const struct mark *mark, uint32_t entry)
{
    return mark->chains[entry / 8] >> entry % 8 & 1;
}

/* From now on those words are followed as any other; those that were met already are now. */
void mark_chains(struct mark *mark);

static inline bool mark_is_set(const struct block_index *index, uint32_t entry)
{
    uintptr_t start = index->entries[entry].start;
    return index_line_of(index, start)->marks & index_bit_of(start);
}

#endif
