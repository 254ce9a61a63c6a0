/*
 * What the race engine remembers of memory: for each 8-byte granule the accesses to it that may
 * still race with a later one. Used by detect/race*; the fast path below by every source of
 * accesses. Never judges.
 *
 * The naive model: a list of all accesses to each byte. Here a granule has two cells of 8 bytes,
 * each one record, and a context (stack and locks, state/held.h) for each; what does not fit goes
 * to a set of records (state/record_set.h) that the second cell then names. Cells and contexts lie
 * apart, so that the fast path reads 16 bytes a granule: 3 bytes of shadow a byte, and at most one
 * more for sets.
 *
 *   cell = stamp (state/vclock.h) | flags | the granule's bytes that were touched
 *   second cell with no slot in it = link to a set, 0 = none
 *
 * A region of 16 MB of addresses has one mapping for its shadow: cells, contexts, one bit for each
 * page that has any, and two for each 4 bytes: whether they are a location of synchronisation (an
 * atomic variable of rewritten code: rewrite/location.h), and whether they may be one, because
 * plain moves of them race (detect/race_order.h). Mappings stay for the life of the process, their
 * pages go when the memory does; a fork's child finds them empty.
 *
 * Granules are locked by lines: the four whose cells fill a cache line have one lock, CELL_LOCKED
 * in the first cell of the line. Whoever holds it may change cells, contexts and sets of the line,
 * so that a range costs one locked instruction for four granules. It is held for a few
 * instructions, and given up on when it is not to be had (a holder that was killed must not stop
 * the program).
 *
 * Any thread, guard entered; shadow_covers needs no guard.
 */
#ifndef HOLDFAST_STATE_SHADOW_H
#define HOLDFAST_STATE_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "state/record_list.h"
#include "state/vclock.h"

#define CELL_BYTES  0xffull
#define CELL_WRITE  (1ull << 8)
#define CELL_ATOMIC (1ull << 9)
#define CELL_LOCKED (1ull << 11)
#define CELL_KIND   (CELL_WRITE | CELL_ATOMIC)

#define GRANULE 8u
#define LINE    (4 * GRANULE)

#define SHADOW_REGION_SHIFT 24
#define SHADOW_REGION_SIZE  (1ull << SHADOW_REGION_SHIFT)
#define SHADOW_REGIONS      (1ull << (47 - SHADOW_REGION_SHIFT))
#define SHADOW_CONTEXTS     (2 * SHADOW_REGION_SIZE) /* where contexts begin in a region's mapping */
#define SHADOW_PAGES        (3 * SHADOW_REGION_SIZE) /* … and the bits of its pages */
#define SHADOW_LOCATIONS    (SHADOW_PAGES + SHADOW_REGION_SIZE / 4096 / 8) /* … of locations */

/* By address >> SHADOW_REGION_SHIFT; NULL until observing.races is RACES_ON for the first time.
   Entries are written once, under LOCK_SHADOW; acquire pairs with its release. */
extern unsigned char **shadow_regions __attribute__((visibility("hidden")));

/* The two cells of the granule that holds address; NULL when its region has no shadow. */
static inline uint64_t *shadow_cells(uintptr_t address)
{
    if (unlikely(address >> 47))
        return NULL;
    unsigned char *region =
        __atomic_load_n(&shadow_regions[address >> SHADOW_REGION_SHIFT], __ATOMIC_ACQUIRE);
    if (unlikely(!region))
        return NULL;
    return (uint64_t *)(region + 2 * (address & (SHADOW_REGION_SIZE - GRANULE)));
}

/* The two contexts that belong to those cells. */
static inline context_t *shadow_contexts(uintptr_t address)
{
    unsigned char *region = shadow_regions[address >> SHADOW_REGION_SHIFT];
    return (context_t *)(region + SHADOW_CONTEXTS + (address & (SHADOW_REGION_SIZE - GRANULE)));
}

/* The bits of locations of the granule that holds address, whose region has shadow: 1 for its first
   4 bytes, 2 for the others. */
static inline uint8_t *shadow_location_byte(uintptr_t address)
{
    unsigned char *region = shadow_regions[address >> SHADOW_REGION_SHIFT];
    return region + SHADOW_LOCATIONS + ((address & (SHADOW_REGION_SIZE - 1)) >> 4);
}
static inline unsigned shadow_locations(uintptr_t address)
{
    return __atomic_load_n(shadow_location_byte(address), __ATOMIC_RELAXED) >> (address >> 1 & 4) &
           3u;
}

/* Is every access to the granule to be told, also those that are on record? The same bits, or 4 and
   8 for what may be a location. */
static inline unsigned shadow_all_told(uintptr_t address)
{
    return __atomic_load_n(shadow_location_byte(address), __ATOMIC_RELAXED) >> (address >> 1 & 4) &
           15u;
}

/* The same two for who has the cells of address: no look at the table of regions. */
static inline unsigned shadow_all_told_by(const uint64_t *cells, uintptr_t address)
{
    uintptr_t offset = address & (SHADOW_REGION_SIZE - GRANULE);
    const unsigned char *region = (const unsigned char *)cells - 2 * offset;
    return __atomic_load_n(region + SHADOW_LOCATIONS + (offset >> 4), __ATOMIC_RELAXED) >>
               (address >> 1 & 4) &
           15u;
}
static inline context_t *shadow_contexts_by(uint64_t *cells, uintptr_t address)
{
    uintptr_t offset = address & (SHADOW_REGION_SIZE - GRANULE);
    return (context_t *)((unsigned char *)cells - offset + SHADOW_CONTEXTS);
}

/* [address, address + size) is one, or is none any more: the bits of the 4 bytes that it touches.
   Of one granule. A full barrier. */
void shadow_location_set(uintptr_t address, size_t size);
void shadow_location_clear(uintptr_t address, size_t size);

/* It may be one. Of one granule; a full barrier. */
void shadow_undecided_set(uintptr_t address, size_t size);

/* The bytes of its granule that an access of size bytes at address touches (all within it). */
static inline uint64_t shadow_mask(uintptr_t address, size_t size)
{
    return ((1ull << size) - 1) << (address % GRANULE) & CELL_BYTES;
}

/* Is cell a record of this very epoch that says all that a plain access with these bytes would
   say? A write says what a read would. */
static inline bool cell_covers(uint64_t cell, uint64_t mask, uint64_t now, bool write)
{
    uint64_t compared = write ? ~CELL_BYTES | mask : (~(CELL_BYTES | CELL_WRITE)) | mask;
    return (cell & compared) == (now | mask | (write ? CELL_WRITE : 0));
}

/* The bits that a cell must have in common with newest, the one that an access would leave, plain
   or atomic, to say all that it says. */
static inline uint64_t cell_same_as(uint64_t newest)
{
    return STAMP_MASK | (newest & (CELL_BYTES | CELL_WRITE)) |
           (newest & CELL_ATOMIC ? 0 : CELL_ATOMIC);
}

static inline bool cell_covers_any(uint64_t cell, uint64_t newest)
{
    uint64_t same = cell_same_as(newest);
    return (cell & same) == (newest & same);
}

/* The fast path, which every source of accesses asks before race_access(), in line where it can: a
   plain access of at most 8 bytes that does not leave its granule and was recorded in this epoch
   already. now: of the calling thread's own clock, not 0.
     - True: nothing need be told, whoever else is at work on these cells. Nothing is written, so it
       needs no guard, and a handler may ask it at any time.
     - False says nothing: the cells may be locked, the record in a set, the region without shadow.
     - It stays true while the thread's epoch lasts and the memory is not given back: a record goes
       only for one of its own thread that says as much (nobody else knows of an epoch that lasts),
       or with its set past the limit for shadow, which is counted.
   So a source may keep the answer beside the epoch (rewrite/filter.h does). */
static inline __attribute__((always_inline)) bool shadow_covers(stamp_t now, uintptr_t address,
                                                                size_t size, bool write)
{
    if (unlikely(address % GRANULE + size > GRANULE))
        return false;
    const uint64_t *cell = shadow_cells(address);
    uint64_t mask = shadow_mask(address, size);
    return likely(cell != NULL) &&
           (cell_covers(__atomic_load_n(&cell[0], __ATOMIC_RELAXED), mask, now, write) ||
            cell_covers(__atomic_load_n(&cell[1], __ATOMIC_RELAXED), mask, now, write));
}

/* The same for a plain access of any size, but of few granules and within one region. */
#define SHADOW_COVERED_MOST 256u
static inline __attribute__((always_inline)) bool
shadow_covers_range(stamp_t now, uintptr_t address, size_t size, bool write)
{
    if (unlikely(size - 1 >= SHADOW_COVERED_MOST) ||
        unlikely((address ^ (address + size)) >> SHADOW_REGION_SHIFT))
        return false;
    const uint64_t *cell = shadow_cells(address);
    if (unlikely(!cell))
        return false;
    uint64_t mask = CELL_BYTES << address % GRANULE & CELL_BYTES;
    for (uintptr_t at = address & -(uintptr_t)GRANULE;; cell += 2) {
        at += GRANULE;
        if (at > address + size)
            mask &= CELL_BYTES >> (at - (address + size));
        if (!cell_covers(__atomic_load_n(&cell[0], __ATOMIC_RELAXED), mask, now, write) &&
            !cell_covers(__atomic_load_n(&cell[1], __ATOMIC_RELAXED), mask, now, write))
            return false;
        if (at >= address + size)
            return true;
        mask = CELL_BYTES;
    }
}

/* The cells of address, its region's shadow made when there is none yet; NULL when there is no
   memory for it (said once). */
uint64_t *shadow_make(uintptr_t address);

/* Notes that the page of address has shadow: before its first cell is written. False when the limit
   for shadow memory is reached (said once) and the page has none. */
bool shadow_touch(uintptr_t address);

/* Has the page of address any? */
static inline bool shadow_is_touched(uintptr_t address)
{
    if (unlikely(address >> 47))
        return false;
    const unsigned char *region =
        __atomic_load_n(&shadow_regions[address >> SHADOW_REGION_SHIFT], __ATOMIC_ACQUIRE);
    if (!region)
        return false;
    uint64_t page = (address & (SHADOW_REGION_SIZE - 1)) >> 12;
    const uint64_t *bits = (const uint64_t *)(region + SHADOW_PAGES);
    return __atomic_load_n(&bits[page / 64], __ATOMIC_RELAXED) >> (page % 64) & 1;
}

/* The cell that holds the lock of cell's line. */
static inline uint64_t *shadow_line(const uint64_t *cell)
{
    return (uint64_t *)((uintptr_t)cell & -(uintptr_t)(LINE * 2));
}

/* Takes the lock of the line of cell; ret_first: what is in the line's first cell but the lock, for
   shadow_put_and_unlock(). False when it was not to be had. */
bool shadow_lock_slow(uint64_t *line, uint64_t *ret_first);
/* The same for who has something else to do when it is not to be had at once. */
static inline bool shadow_try_first(const uint64_t *cell, uint64_t *ret_first)
{
    uint64_t *line = shadow_line(cell), first = __atomic_load_n(line, __ATOMIC_RELAXED);
    *ret_first = first;
    return likely(!(first & CELL_LOCKED)) &&
           likely(__atomic_compare_exchange_n(line, &first, first | CELL_LOCKED, false,
                                              __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
}
static inline bool shadow_lock_first(const uint64_t *cell, uint64_t *ret_first)
{
    return shadow_try_first(cell, ret_first) || shadow_lock_slow(shadow_line(cell), ret_first);
}
static inline bool shadow_lock(const uint64_t *cell)
{
    uint64_t first;
    return shadow_lock_first(cell, &first);
}

/* Publishes what was put. Pairs with the acquire of the next lock. */
static inline void shadow_unlock(const uint64_t *cell)
{
    uint64_t *line = shadow_line(cell);
    __atomic_store_n(line, __atomic_load_n(line, __ATOMIC_RELAXED) & ~CELL_LOCKED,
                     __ATOMIC_RELEASE);
}

/* A cell without the lock that it may hold. */
static inline uint64_t cell_get(const uint64_t *cell)
{
    return __atomic_load_n(cell, __ATOMIC_RELAXED) & ~CELL_LOCKED;
}

/* Line locked. */
static inline void cell_put(uint64_t *cell, uint64_t value)
{
    uint64_t lock = __atomic_load_n(cell, __ATOMIC_RELAXED) & CELL_LOCKED;
    __atomic_store_n(cell, value | lock, __ATOMIC_RELAXED);
}

/* cell_put() of a granule's first cell, and shadow_unlock(), when it is all that was put into first
   cells: what was just stored is not loaded again, which is a third of the cost. */
static inline void shadow_put_and_unlock(uint64_t *cell, uint64_t value, uint64_t first)
{
    uint64_t *line = shadow_line(cell);
    if (cell != line) {
        __atomic_store_n(cell, value, __ATOMIC_RELAXED);
        value = first;
    }
    __atomic_store_n(line, value, __ATOMIC_RELEASE);
}

static inline bool cell_is_link(uint64_t cell)
{
    return cell && !(cell >> STAMP_SLOT_SHIFT);
}

/* A link to a list, which is this granule's alone. */
static inline bool cell_is_list(uint64_t cell)
{
    return cell_is_link(cell) && cell & LINK_LIST;
}

/* Calls visit for each part of [start, end) whose pages have shadow, cut at pages' ends. */
void shadow_each_touched(uintptr_t start, uintptr_t end,
                         void (*visit)(uintptr_t start, uintptr_t end, void *with), void *with);

/* Forgets what is known of [start, end), both multiples of GRANULE. Shadow of many whole pages goes
   back to the system. */
void shadow_forget(uintptr_t start, uintptr_t end);

/* Pages of the program that have shadow. Atomic. How many pages of ours each takes at most. */
extern uint64_t shadow_pages;
extern uint32_t shadow_page_cost;

/* Bytes that sets of records may take now. */
uint64_t shadow_room_for_sets(void);

/* How many accesses were not recorded because a line's lock was not to be had. Atomic. */
extern uint64_t shadow_lost;

bool shadow_start_up(void);
void shadow_after_fork(void);

#endif
