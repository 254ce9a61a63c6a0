/*
 * What the unreachable blocks are to each other: direct leaks, and the indirect ones that they
 * hold.
 *
 * A block that no other leaked block points to is direct; everything that can be reached from it is
 * indirect and counted with it. Blocks in a cycle that nobody points into from outside have no such
 * holder: the first of them (lowest address) is taken as direct. In terms of graphs: one block of
 * each strongly connected component without an edge into it. Those are found as in Kosaraju's
 * algorithm: a depth-first walk over the leaked blocks notes them as it leaves them; going through
 * the notes backwards, a block that no earlier one has reached is in such a component.
 */
#ifndef HOLDFAST_DETECT_LEAKED_H
#define HOLDFAST_DETECT_LEAKED_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/mark.h"

struct leaked {
    const struct block_index *index;
    uint8_t *verdict; /* per entry: enum block_scan, or the walk's marks */
    uint32_t *holder; /* per entry that is indirect: the direct one that holds it */
    uint32_t *order;  /* leaked entries as the walk left them, then in order of addresses */
    uint32_t count;   /* leaked entries */
    struct leaked_step *steps;
    uint32_t depth;
    bool incomplete;
};

/* Decides for every entry of mark->index. False: no memory. Faults must be armed. */
bool leaked_decide(struct leaked *leaked, const struct mark *mark);

#endif
