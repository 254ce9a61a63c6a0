/*
 * Locations of synchronisation: atomic variables of code that was not compiled to say so. What an
 * instruction with a lock prefix (or xchg) touches, and what a site is known to touch as an atomic
 * variable, is one until its memory changes hands; movs of it are its loads and stores.
 *
 * Which order they make: what the processor keeps. A locked instruction takes what was released
 * there and releases; a load takes, after the load; a store releases, before it, and keeps what
 * others have released, because a load that comes between may see their value. Each is seen a
 * little too early or too late for that alone: then there is an edge too many, never one too few.
 *
 * A release begins a new epoch of the thread. That all it has touched must be recorded again is
 * left out where the same thread has released there last and nobody learnt of it: a counter that
 * one thread uses most. What was on record is told apart from what comes then all the same, but
 * only what was not on record.
 *
 * Its object (state/sync.h) is what code built with -fsanitize=thread knows too (compiled/order.h).
 * A bit beside the shadow (shadow_locations) says that there may be one: filter cells are not set
 * where it is set. Set first, then the granule is locked, then cells are emptied; whoever sets a
 * cell has the granule locked, or looks at the bit once more afterwards.
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_REWRITE_LOCATION_H
#define HOLDFAST_REWRITE_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/race.h"
#include "state/sync.h"

/* Is any of [address, address + size) one? */
bool location_is(uintptr_t address, size_t size);

/* A locked instruction is about to touch it. */
void location_modify(struct thread *self, uintptr_t address, size_t size,
                     const struct origin *origin);

/* A store is about to be made, a load was made. */
void location_release(struct thread *self, uintptr_t address, size_t size);
void location_acquire(struct thread *self, uintptr_t address, size_t size);

/* A thread may have looked at a location, or hit a cell of it, before it was known to be one, and
   load from it after that was found out and something was stored there: nobody calls after such a
   load. So who finds out leaves word for the threads that have read it (met_locations), and they
   acquire it at their next step. */
void location_met(struct thread *self);

/* Is the epoch's tag kept where nobody learns of a release? A test says no. */
extern bool location_keeps_tags;

/* Empties the filters' cells of these bytes: every access to them is told from now on
   (shadow_all_told says so since). */
void location_all_told(uintptr_t address, size_t size);

/* It is one from now on, for what a site is known to be. loaded: by this very site; then what
   others have stored there before was released there. */
void location_make(struct thread *self, uintptr_t address, size_t size, bool loaded);

#endif
