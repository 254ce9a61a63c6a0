/*
 * One access against the records of one granule: what every way of looking at shadow cells shares,
 * and the general way. Used by detect/race*.c, and by thunks of rewritten code for the usual way.
 *
 * Guard entered.
 */
#ifndef HOLDFAST_DETECT_RACE_GRANULE_H
#define HOLDFAST_DETECT_RACE_GRANULE_H

#include "detect/race.h"
#include "detect/race_tell.h"
#include "state/record_set.h"
#include "state/shadow.h"

/* Conflicts of one access that are told. */
#define FOUND_MAX 4u

/* What an access made of a whole granule with a set of records, before or after: it makes the same
   of every granule that looks so. The newest record is the access itself. */
struct step {
    bool known;
    uint64_t first, second, made; /* cells as they were; the second as it is now */
    context_t before[2], after;   /* the same of contexts */
};

/* An access as its granules see it. */
struct access {
    struct thread *self;
    const struct origin *origin;
    struct access_here here;
    uint64_t cell; /* stamp and kind, no bytes */
    bool has_context;
    bool lost;      /* not all of it is on record now */
    bool conflicts; /* with some record, told or not */
    struct step step;
    uint32_t found_count;
    struct found {
        struct record record;
        uintptr_t granule;
    } found[FOUND_MAX];
    /* The first of its bytes that lies in a freed block. */
    uintptr_t freed_at;
    const struct block_row *freed;
};

/* Does a record of this kind conflict with all that one of the other kind conflicts with? */
static inline bool says_all(uint64_t cell, uint64_t other)
{
    bool order = !(cell & CELL_ATOMIC) || (other & CELL_ATOMIC);
    return order && ((cell & CELL_WRITE) || !(other & CELL_WRITE));
}

static inline bool conflict(uint64_t a, uint64_t b)
{
    return ((a | b) & CELL_WRITE) && !(a & b & CELL_ATOMIC);
}

static inline context_t context_by(struct thread *self, const struct origin *origin)
{
    return origin->context ? origin->context(self, origin)
                           : context_of(self, origin->stack(self, origin));
}

static inline context_t context_here(struct access *access)
{
    if (!access->has_context) {
        access->here.context = context_by(access->self, access->origin);
        access->has_context = true;
    }
    return access->here.context;
}

/* What is left of cell after newest, an access by self: 0 when nothing is; CELL_LOCKED when both
   conflict. */
static inline uint64_t left_of(const struct thread *self, uint64_t cell, uint64_t newest)
{
    uint64_t mask = newest & CELL_BYTES;
    if (!(cell & mask))
        return cell & CELL_BYTES ? cell : 0;
    if (!vclock_knows(&self->clock, cell))
        return conflict(cell, newest) ? CELL_LOCKED : cell;
    if (!says_all(newest, cell))
        return cell;
    return cell & CELL_BYTES & ~mask ? cell & ~mask : 0;
}

static inline bool same_but_bytes(uint64_t cell, uint64_t other)
{
    return !((cell ^ other) & ~CELL_BYTES);
}

/* The records of a granule as seen without its lock: is newest an access that they answer for? */
static inline bool granule_covers(const uint64_t *cell, uint64_t newest)
{
    return cell_covers_any(__atomic_load_n(&cell[0], __ATOMIC_RELAXED), newest) ||
           cell_covers_any(__atomic_load_n(&cell[1], __ATOMIC_RELAXED), newest);
}

/* Has it records, and no more than fit its cells? A hint without its lock. */
static inline bool granule_is_usual(const uint64_t *cell)
{
    uint64_t second = __atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    return likely(__atomic_load_n(&cell[0], __ATOMIC_RELAXED)) && likely(!cell_is_link(second));
}

/* Line locked: what newest leaves of the usual granule: its record and those of the granule (first
   and second) fit two cells, and it conflicts with none. Sets the second cell and the contexts as
   granule_update() would, and returns the new first cell. For all others does nothing and returns
   0. */
static inline __attribute__((always_inline)) uint64_t
granule_usual(const struct thread *self, uint64_t *cell, uint64_t first, context_t *contexts,
              uint64_t newest, context_t context)
{
    uint64_t second = cell[1];
    if (unlikely(!first) || unlikely(cell_is_link(second)))
        return 0;
    uint64_t left = left_of(self, first, newest), other = left_of(self, second, newest);
    if (same_but_bytes(left, newest) && contexts[0] == context)
        newest |= left, left = 0;
    if (same_but_bytes(other, newest) && contexts[1] == context)
        newest |= other, other = 0;
    if (unlikely((left && other) || (left | other) == CELL_LOCKED))
        return 0;
    if (left)
        contexts[1] = contexts[0];
    if ((left | other) != second)
        __atomic_store_n(&cell[1], left | other, __ATOMIC_RELAXED);
    contexts[0] = context;
    return newest;
}

/* The same for a granule with a list, where what newest leaves of it is a list, or needs no change
   at all. ret_own: the bytes that records of this epoch have then, by kind (reads, writes). */
uint64_t granule_listed(const struct thread *self, uint64_t *cell, uint64_t first,
                        context_t *contexts, uint64_t newest, context_t context,
                        uint64_t ret_own[2]);

/* The same for a granule whose two records newest leaves, when the thread is alone there and the
   granule gets a list. */
uint64_t granule_third(const struct thread *self, uint64_t *cell, uint64_t first,
                       context_t *contexts, uint64_t newest, context_t context,
                       uint64_t ret_own[2]);

/* Not by an initialiser: found[] need not be cleared, and that would be most of the cost. */
static inline void access_begin(struct access *access, struct thread *self, uintptr_t address,
                                size_t size, unsigned how)
{
    access->self = self;
    access->here.address = address;
    access->here.size = size;
    access->here.how = how;
    access->here.context = 0;
    access->has_context = access->lost = access->conflicts = false;
    access->step.known = false;
    access->found_count = 0;
    access->freed = NULL;
    access->cell = self->clock.now | (how & ACCESS_WRITE ? CELL_WRITE : 0) |
                   (how & ACCESS_ATOMIC ? CELL_ATOMIC : 0);
}

/* Sees what the access to the bytes of mask conflicts with, and remembers it. Leaves what it
   learned in access->step. */
void granule_update(struct access *access, uintptr_t granule, uint64_t mask, uint64_t *cell);

/* Sees what a free of these granules conflicts with; nothing is known of them then. */
void granules_free(uintptr_t start, uintptr_t end, void *access);

/* Some bytes of a granule are new. */
void granule_forget(struct thread *self, uintptr_t granule, uint64_t mask);

/* These bytes are a location of synchronisation: other threads that have read them may be about to
   do so once more. Notes it for them (struct thread.met_locations). Returns the stamp of the newest
   write, 0 none. */
stamp_t granule_met(struct thread *self, uintptr_t address, uint64_t mask);

/* Tells what was found. No lock held. */
void granules_tell(const struct access *access);

/* Code tests the guards of static variables before our eyes. */
extern bool granule_guards_seen __attribute__((visibility("hidden")));

#endif
