/* What the race engine has found, as findings. Used by detect/race*.c alone. Guard entered, no lock
   held. */
#ifndef HOLDFAST_DETECT_RACE_TELL_H
#define HOLDFAST_DETECT_RACE_TELL_H

#include <stdint.h>

#include "state/block.h"
#include "state/record_set.h"
#include "state/thread.h"

/* The newer side. */
struct access_here {
    uintptr_t address;
    uint64_t size;
    unsigned how; /* enum access_flag */
    context_t context;
};

/* here races with what earlier says of the granule at this address. */
void race_tell(struct thread *self, const struct access_here *here, uintptr_t granule,
               const struct record *earlier);

/* here touched a block that was given back by the thread and in the epoch of freed (0 unknown). */
void race_tell_freed(struct thread *self, const struct access_here *here, uintptr_t address,
                     const struct block_row *row, uint64_t freed);

void race_tell_after_fork(void);

#endif
