/*
 * Which order the atomic operations of compiled code make: the C11 model (N1570 7.17.3, 5.1.2.4).
 * Used by the atomic entry points around the real operation.
 *
 * The naive model: each atomic variable has a clock, what its present value's release sequences
 * have released. A release store replaces it, any other store empties it (unless its thread has
 * released into it: then it goes on with its own sequence), a read-modify-write joins what it
 * releases and keeps the rest; an acquire takes it. A release fence keeps the thread's past for its
 * later relaxed stores, an acquire fence takes what earlier relaxed loads have met.
 *
 * Value and clock change in one step: under a lock, one of a table, by the 16 bytes around the
 * address. Without it go
 *   - relaxed operations where nothing was ever released (a plain counter): no object, no lock;
 *   - loads where nothing is to be learnt. They look again when they have the value: what releases
 * it makes the object before, so a value with a clock is never taken without one.
 *
 * Objects (state/sync.h, SYNC_ATOMIC) are made by the first release. Those that overlap (sizes
 * mixed: a double word and its halves) are all acquired and all released into.
 *
 * Any thread; the guard is entered from begin to end, and nothing in between can block.
 */
#ifndef HOLDFAST_COMPILED_ORDER_H
#define HOLDFAST_COMPILED_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "compiled/frames.h"

struct order_lock {
    uint32_t version; /* odd: taken */
} __attribute__((aligned(64)));

/* One atomic operation. */
struct order {
    struct thread *self;
    struct order_lock *lock; /* NULL: goes without */
    uintptr_t address;
    uint32_t size;
    int memory_order; /* __ATOMIC_* */
    uint32_t version; /* of the lock when a load began without it */
    const struct origin *origin;
};

/* Each returns false when nothing is observed: then the operation is done alone. The fields
   address, size, memory_order and origin are set. */
bool order_store_begin(struct order *order);
void order_store_end(struct order *order);

bool order_modify_begin(struct order *order);
void order_modify_end(struct order *order);

/* end returns false when the load must be made again. */
bool order_load_begin(struct order *order);
bool order_load_end(struct order *order);

/* A compare-and-swap; failed: the order that holds when it did not swap. */
bool order_swap_begin(struct order *order, int failed);
void order_swap_end(struct order *order, int failed, bool swapped);

void order_fence(struct thread *self, int memory_order);

#endif
