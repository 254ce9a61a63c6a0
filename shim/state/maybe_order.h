/*
 * Orders that there may be. A plain mov of an unmodified program may be an atomic operation, and
 * then what a thread did before it stored to a flag is ordered before what another does after it
 * has loaded it (shared/REWRITE.md, 3). Nobody knows while the program runs: both are told as a
 * race, and the command decides by the code (volatile, a line that names an atomic, nothing known).
 * So a race that comes later between what the flag would order says which race's verdict it
 * depends on.
 *
 * The model: beside the true order a second one with an edge for each race told between a store and
 * a load that could be such a pair. It is not kept as clocks, because only races ask for it: a note
 * holds the newest store and the oldest load of a pair of threads and what the storing thread knew,
 * and who asks follows the notes back from himself. It says too much rather than too little: all
 * of the epochs in which store and load were counts as before and after them.
 *
 * Guard entered.
 */
#ifndef HOLDFAST_STATE_MAYBE_ORDER_H
#define HOLDFAST_STATE_MAYBE_ORDER_H

#include <stdint.h>

#include "state/thread.h"

#define MAYBE_MOST 4u

/* A store in the epoch of `stored` may have released what a load in that of `loaded` acquires, if
   finding number `by` is no race. */
void maybe_order_add(stamp_t stored, stamp_t loaded, uint32_t by);

/* Self's epoch `lent` became known to others while it lasted, because what it stored turned out to
   be a release (rewrite/location.h). Flags of theirs that self has loaded since then, in the same
   epoch, met no race: to them it was the past. So all that they have done until now may be ordered
   before what self does from now on, by what nobody saw (MAYBE_UNSEEN). Begins an epoch. */
void maybe_order_lent(struct thread *self, stamp_t lent);

/* May what was done in the epoch of earlier be ordered before self's next step? By which findings,
   at most MAYBE_MOST of them: their count, 0 no. */
uint32_t maybe_order_find(const struct thread *self, stamp_t earlier, uint32_t by[MAYBE_MOST]);

/* In a fork's child: nothing is noted. */
void maybe_order_after_fork(void);

#endif
