/*
 * Resources: handles that are not descriptors (streams, directories, timers, locales …): rows in
 * SECTION_HANDLES, found by kind and value. The rules of state/handle.h hold.
 *
 * The value of most is the address of a heap block that libc gives back when they are released and
 * hands out again, also for one that we do not see being made: resource_is_gone tells a released
 * one from such a new one. Others have a number (timers, keys), or lie in memory of the program's
 * own (attributes): made again where the last one lies, that one is lost, and its row goes on
 * without a place in the index (resource_replaced). Rows of released ones are kept until
 * RESOURCES_CLOSED_KEPT newer ones are there.
 *
 * extra of a stream's or directory's row is its descriptor + 1, 0 for one that has none; of a
 * mapping's the bytes that are left; of a lost one, how many like it were lost.
 *
 * Any thread, guard entered. LOCK_STREAMS protects the index and the states.
 */
#ifndef HOLDFAST_STATE_RESOURCE_H
#define HOLDFAST_STATE_RESOURCE_H

#include "state/handle.h"

#define RESOURCES_CLOSED_KEPT 1024u

/* At birth and in a fork's child: none is known. */
void resource_start_up(void);

/* The row of this kind (streams of popen are streams) and value, in any state but NONE; else NULL.
 */
struct handle_row *resource_find(enum handle_kind kind, uint64_t value);

/* A call returned it. extra: see above. NULL: no room. */
struct handle_row *resource_opened(struct thread *self, uint64_t value, uint64_t extra,
                                   const struct handle_birth *birth);

/* The same where another one that is still open may have the value: a mapping whose first pages
   went. That one is no longer found by it. */
struct handle_row *resource_added(struct thread *self, uint64_t value, uint64_t extra,
                                  const struct handle_birth *birth);

/* The same for one that lies in memory of the program's own: the one that was there before and was
   never released is lost. */
void resource_replaced(struct thread *self, uint64_t value, const struct handle_birth *birth);

/* Before row is released: marks it, and the descriptor under it. state: CLOSED, or CLOSING. */
void resource_closing(struct thread *self, struct handle_row *row, enum handle_state state,
                      uint32_t stack);

/* It goes on under another value: a block that was moved. */
void resource_renamed(struct handle_row *row, uint64_t value);

/* What was known of it is stale. */
void resource_forget(enum handle_kind kind, uint64_t value);

/* True when row's was released and nothing else can be at its address. ret_certain: false when
   that rests only on our not having seen another being made. */
bool resource_is_gone(const struct handle_row *row, bool *ret_certain);

/* Calls visit for every open one. No lock is held: visit may take any. */
void resource_each(void (*visit)(struct handle_row *row, void *with), void *with);

/* Descriptor under a stream or directory, -1 none. */
int resource_fd(const struct handle_row *row);

/* May a stream or directory at this address have been released? A few bits of the address count
   those that were, so that who uses one learns it from a byte. */
#define RESOURCE_CLOSED_BITS 12
extern uint16_t resource_closed[1u << RESOURCE_CLOSED_BITS];
static inline bool resource_may_be_closed(const void *address)
{
    uint64_t hash = ((uintptr_t)address >> 4) * 0x9e3779b97f4a7c15ull;
    return __atomic_load_n(&resource_closed[hash >> (64 - RESOURCE_CLOSED_BITS)],
                           __ATOMIC_RELAXED) != 0;
}

#endif
