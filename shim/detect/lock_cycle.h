/* The search for cycles of uses that can deadlock (detect/lock_order.h). Under LOCK_ORDER. */
#ifndef HOLDFAST_DETECT_LOCK_CYCLE_H
#define HOLDFAST_DETECT_LOCK_CYCLE_H

#include "detect/lock_graph.h"

#define CYCLE_MOST 128u

/* One use of a cycle: it holds `has`, which the one before it waits for, and waits for `wants`. */
struct cycle_step {
    const struct use *use;
    const struct use_held *has;
    const struct node *wants;
};

/* Calls found for each cycle that begins with this use, which waits for wants; short ones first.
   found returns false to end the search. Bounded in steps. */
void cycle_search(const struct use *use, const struct node *wants,
                  bool (*found)(struct cycle_step *steps, uint32_t count, void *with), void *with);

/* Can the two wait at the same time: other threads, no gate, no order of creation and join. */
bool uses_can_meet(const struct use *a, const struct use *b);

#endif
