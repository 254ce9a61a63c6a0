/*
 * lock-order: threads that take locks in orders that can deadlock in another schedule.
 *
 * The model (i-Goodlock). Each time a thread waits for a lock while it holds others is a use: who,
 * with which locks, for which lock, and when in the lineage of creations and joins. A deadlock can
 * come of uses u1 … un, n >= 2, when
 *   - each ui waits for a lock that the next one holds, the last for one that the first holds;
 *   - a reader waits only for a writer: what ui asks to read must be held for writing by the next
 *     (glibc prefers readers: those that wait behind a writer that waits are not counted);
 *   - all threads differ;
 *   - no two hold a lock in common, unless both read it (a gate keeps them apart);
 *   - no two are ordered by creation and join.
 * Locks taken by a try or with a time limit wait for nobody for ever, so these make no use; once
 * held they count like any other.
 *
 * Locks are told apart by their ids (state/sync.h): another lock at the same address is another.
 */
#ifndef HOLDFAST_DETECT_LOCK_ORDER_H
#define HOLDFAST_DETECT_LOCK_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "state/held.h"
#include "state/thread.h"

struct sync;

/* self has got the lock and held_add does not know it yet; stack: where. tried: by a try or timed
   call. Not for a lock that it held already. Nothing to do, and cheap, when it holds nothing.
   Guard entered. */
void lock_order_taken(struct thread *self, struct sync *lock, enum held_mode mode, bool tried,
                      uint32_t stack);

/* The thread, which holds none, is about to take a lock: what it may take under it is fetched. */
void lock_order_expect(const struct thread *self, const struct sync *lock);

/* In a fork's child: its recording has none of the stacks. */
void lock_order_after_fork(void);

#endif
