/* Which cycles were told, and what such a finding shows. Under LOCK_ORDER. */
#ifndef HOLDFAST_DETECT_LOCK_ORDER_TELL_H
#define HOLDFAST_DETECT_LOCK_ORDER_TELL_H

#include "detect/lock_cycle.h"

/* Tells the cycle, or counts it where other locks were taken at the same places. A place is a pair
   of stacks: where one lock was taken, and where, while it was held, the other. A cycle that has
   all places of one that was told is that one in disguise: a function that takes two locks of an
   array in any order makes cycles of every length. */
void lock_order_tell(const struct thread *self, struct cycle_step *steps, uint32_t count);

void lock_order_tell_after_fork(void);

#endif
