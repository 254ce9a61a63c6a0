/* An access of any size: granule by granule, and in one go where granules look the same. Used by
   detect/race.c alone. */
#ifndef HOLDFAST_DETECT_RACE_RANGE_H
#define HOLDFAST_DETECT_RACE_RANGE_H

#include "detect/race.h"

bool race_range(struct thread *self, uintptr_t address, size_t size, unsigned how,
                const struct origin *origin);

#endif
