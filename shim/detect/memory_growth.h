/*
 * memory-growth: memory that is still reachable, and that one place makes more and more of: a cache
 * without a bound, a list that nobody clears.
 *
 * Checkpoints are taken when the rows of the block table, or the live bytes, have doubled since the
 * last one, so there are few and what they cost is spread over as many allocations: each reads the
 * block table once. At a checkpoint a place has risen when more bytes that it allocated
 * are live than at the one before. Told at the end of the process are places that rose RISES_LEAST
 * times in a row, did not fall by a tenth since, and have BLOCKS_LEAST reachable blocks.
 *
 * A program that fills its tables and then works with them, or ends, is not told: the rises must
 * span growth_threshold, and the last one must not lie in the first eighth of the process's life.
 */
#ifndef HOLDFAST_DETECT_MEMORY_GROWTH_H
#define HOLDFAST_DETECT_MEMORY_GROWTH_H

#include "state/thread.h"

/* At birth and in a fork's child, when heap blocks are watched. */
void memory_growth_start_up(void);

/* At the process's end, after the leak scan. Guard entered. */
void memory_growth_look(struct thread *self);

#endif
