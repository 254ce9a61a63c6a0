/* double-free, bad-free, alloc-mismatch: what is wrong with a release. */
#ifndef HOLDFAST_DETECT_HEAP_MISUSE_H
#define HOLDFAST_DETECT_HEAP_MISUSE_H

#include <stdint.h>

#include "state/block.h"

/* A release of address as `family` by the function named `called` that is not the plain case: row
   is what block_find knew of it (NULL, freed, moving, or of another family). Tells what there is to
   tell, and marks a live block as dying. frame: the wrapper's. Guard entered; errno is kept. */
void heap_release_odd(struct thread *self, struct block_row *row, uintptr_t address,
                      enum block_family family, const void *frame, const char *called);

/* A sized delete was told another size than the live block of row has: told, the block lives on. */
void heap_size_odd(struct thread *self, const struct block_row *row, uint64_t told,
                   const void *frame, const char *called);

#endif
