/*
 * Freed blocks that wait before the allocator gets them back. Two kinds of waiting, both bounded by
 * the option quarantine:
 *
 *   the last few small blocks of each thread, always: freed twice, a block is then still the one
 *     that was freed before. Without this malloc has mostly given it to its next owner by then, and
 *     the second free looks like that one's, whose own free is then called the second. For the
 *     first RECENT_RINGS threads; a ring of their own, no lock
 *   a queue for all threads, only while accesses of compiled code are watched: a use after free
 *     meets a freed block and not its next owner. Blocks leave it in the order in which they came
 *
 * Not when the allocator below is not glibc's, which may count or check what is freed.
 *
 * Guard entered; what leaves is really freed by the caller once the guard is left.
 */
#ifndef HOLDFAST_STATE_QUARANTINE_H
#define HOLDFAST_STATE_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "state/thread.h"

/* Most bytes that wait; 0 = nobody does. */
extern uint64_t quarantine_limit;

/* From now on blocks wait, if the options and the allocator allow it. */
void quarantine_open(void);

#define QUARANTINE_RELEASED 8u
struct quarantine_released {
    void *block[QUARANTINE_RELEASED];
    uint32_t count;
};

/* p, a block of size bytes, was freed by the program. Adds it, and says what to free instead: the
   oldest that are too many, or p itself. */
void quarantine_put(void *p, uint64_t size, struct quarantine_released *ret);

#define RECENT_BLOCKS                                                                              \
    8u /* a power of two; 16 and more cost 17 ns a pair, for they fill the cache */
#define RECENT_LARGEST 512u /* bytes of a block */
#define RECENT_RINGS   32u

struct quarantine_recent {
    uint32_t next;                  /* the oldest */
    uint32_t births[RECENT_BLOCKS]; /* of the thread, when it freed the block */
    void *blocks[RECENT_BLOCKS];    /* NULL: none, or taken out by another thread */
};

/* The ring of a thread that has none yet. NULL: none left, or not wanted. */
struct quarantine_recent *quarantine_recent_of(struct thread *self);

/* p, a block of size bytes, was freed by the program's thread self: returns what to free instead,
   NULL for nothing yet. */
static inline void *quarantine_swap(struct thread *self, void *p, uint64_t size)
{
    struct quarantine_recent *recent = self->recent;
    if (unlikely(size > RECENT_LARGEST) ||
        (unlikely(!recent) && !(recent = quarantine_recent_of(self))))
        return p;
    uint32_t at = recent->next++ % RECENT_BLOCKS;
    void **slot = &recent->blocks[at];
    recent->births[at] = self->births;
    /* Another thread may take the oldest out at this moment, to free it twice: it was to be freed
       once by us anyway. */
    void *oldest = __atomic_load_n(slot, __ATOMIC_RELAXED);
    __atomic_store_n(slot, p, __ATOMIC_RELAXED);
    return oldest;
}

/* In a fork's child: what waits there is its parent's to tell of. */
void quarantine_after_fork(void);

/* p is freed once more; if it waits here it no longer does. True: the caller frees it twice, so
   that the allocator sees what it would have seen. False: once; it did not wait here, or something
   was allocated since, and without us p would be the next owner's by now and nothing noticed. */
bool quarantine_take(void *p);

#endif
