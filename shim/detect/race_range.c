/*
 * The naive model: granule_update() for each granule. Here a line is locked once, and what the
 * access makes of a granule is found once for all whole granules that look the same: those of a
 * block that is copied again and again do.
 */
#include "detect/race_range.h"

#include "base/memory.h"
#include "detect/race_granule.h"
#include "detect/race_heap.h"

struct run {
    struct access access;
    /* What the access makes of whole granules with these cells. */
    uint64_t first, second;
    uint64_t left;    /* of what was there, for the second cell */
    bool left_is_old; /* it was in the first cell */
    /* The heap block that new memory up to new_end lies in; NULL: in none. */
    const struct block_row *row;
    uintptr_t new_end;
};

/* Whole granules with these cells: are they usual? */
static bool learn(struct run *run, uint64_t first, uint64_t second)
{
    uint64_t newest = run->access.cell | CELL_BYTES;
    if (!first || cell_is_link(second))
        return false;
    uint64_t left = left_of(run->access.self, first, newest);
    uint64_t other = left_of(run->access.self, second, newest);
    if ((left && other) || (left | other) == CELL_LOCKED)
        return false;
    run->first = first;
    run->second = second;
    run->left = left | other;
    run->left_is_old = left != 0;
    return true;
}

/* Which block the new memory at granule lies in, and how far that is so. */
static void find_block(struct run *run, uintptr_t granule)
{
    run->row = race_heap_row(run->access.self, granule);
    if (run->row)
        run->new_end = block_address(run->row) + block_size(run->row);
    else if (!block_region(granule))
        run->new_end = (granule | (SHADOW_REGION_SIZE - 1)) + 1;
    else
        run->new_end = granule + 1;
}

/* Is nothing known of this whole granule, and may the access be the first? Line locked, because a
   free marks its block and then looks at its granules. */
static inline bool is_new(const struct run *run, uintptr_t granule, uint64_t first)
{
    return !first && granule < run->new_end && !(run->row && race_heap_is_freed(run->row, granule));
}

/* Whole granules of one line, with its lock. Returns how many were done, up to the first that is
   not usual. */
static inline uintptr_t line_usual(struct run *run, uintptr_t granule, uint64_t *cell,
                                   uintptr_t count)
{
    uint64_t newest = run->access.cell | CELL_BYTES;
    context_t *contexts = shadow_contexts(granule), context = run->access.here.context;
    uintptr_t i = 0;
    for (; i < count; i++, cell += 2, contexts += 2) {
        uint64_t first = cell_get(&cell[0]), second = cell[1];
        if (is_new(run, granule + i * GRANULE, first)) {
            contexts[0] = context;
            cell_put(&cell[0], newest);
            continue;
        }
        if (unlikely(first != run->first || second != run->second)) {
            if (granule_covers(cell, newest))
                continue;
            if (!learn(run, first, second))
                break;
        }
        if (run->left_is_old)
            contexts[1] = contexts[0];
        if (run->left != second)
            __atomic_store_n(&cell[1], run->left, __ATOMIC_RELAXED);
        contexts[0] = context;
        cell_put(&cell[0], newest);
    }
    return i;
}

/* The granules of one line from the one of cell on, all whole; how many were done. */
static inline uintptr_t access_line(struct run *run, uintptr_t granule, uint64_t *cell,
                                    uintptr_t size)
{
    uintptr_t most = (LINE - granule % LINE) / GRANULE, count = size / GRANULE;
    if (unlikely(cell_is_link(__atomic_load_n(&cell[1], __ATOMIC_RELAXED))))
        return 0;
    if (!cell_get(&cell[0])) {
        if (granule >= run->new_end)
            find_block(run, granule);
        if (!shadow_touch(granule))
            return 0;
    }
    context_here(&run->access);
    if (unlikely(!shadow_lock(cell)))
        return 0;
    count = line_usual(run, granule, cell, count < most ? count : most);
    shadow_unlock(cell);
    return count;
}

/* What keeps four cells, two apart, from being like want. */
static inline uint64_t differ_four(const uint64_t *cell, uint64_t want, uint64_t same)
{
    return ((__atomic_load_n(&cell[0], __ATOMIC_RELAXED) ^ want) |
            (__atomic_load_n(&cell[2], __ATOMIC_RELAXED) ^ want) |
            (__atomic_load_n(&cell[4], __ATOMIC_RELAXED) ^ want) |
            (__atomic_load_n(&cell[6], __ATOMIC_RELAXED) ^ want)) &
           same;
}

/* How many whole granules, from the one of cell on, have all their bytes answered for at a glance:
   most of a range that is copied again and again. They look the same, so that four are tried
   before one. */
static inline uintptr_t granules_covered(const uint64_t *cell, uint64_t kind, uintptr_t size)
{
    uint64_t want = kind | CELL_BYTES, same = cell_same_as(want);
    uintptr_t count = 0, whole = size / GRANULE;
    for (; count + 4 <= whole; count += 4)
        if (differ_four(cell + 2 * count, want, same) &&
            differ_four(cell + 2 * count + 1, want, same))
            break;
    while (count < whole && granule_covers(cell + 2 * count, want))
        count++;
    return count;
}

/* [start, end) lies within one granule. */
static void access_part(struct access *access, uintptr_t start, uintptr_t end, uint64_t *cell)
{
    uint64_t mask = shadow_mask(start, end - start);
    if (!granule_covers(cell, access->cell | mask))
        granule_update(access, start & -(uintptr_t)GRANULE, mask, cell);
}

/* [start, end) lies within one region. */
static void access_region(struct run *run, uintptr_t start, uintptr_t end)
{
    uint64_t *cell = shadow_make(start);
    if (unlikely(!cell)) {
        run->access.lost = true;
        return;
    }
    run->new_end = 0;
    if (start % GRANULE) {
        uintptr_t next = (start | (GRANULE - 1)) + 1;
        access_part(&run->access, start, next < end ? next : end, cell);
        start = next;
        cell += 2;
    }
    while (start + GRANULE <= end) {
        uintptr_t done = granules_covered(cell, run->access.cell, end - start);
        if (!done)
            done = access_line(run, start, cell, end - start);
        if (unlikely(!done)) {
            granule_update(&run->access, start, CELL_BYTES, cell);
            done = 1;
        }
        start += done * GRANULE;
        cell += done * 2;
    }
    if (start < end)
        access_part(&run->access, start, end, cell);
}

__attribute__((noinline)) bool race_range(struct thread *self, uintptr_t address, size_t size,
                                          unsigned how, const struct origin *origin)
{
    struct run run;
    access_begin(&run.access, self, address, size, how);
    run.access.origin = origin;
    run.first = run.second = CELL_LOCKED; /* no cell is like that */
    uintptr_t end = address + size;
    if (unlikely(end < address || end > 1ull << 47))
        return false;
    while (address < end) {
        uintptr_t next = (address | (SHADOW_REGION_SIZE - 1)) + 1;
        access_region(&run, address, next < end ? next : end);
        address = next;
    }
    if (unlikely(run.access.found_count || run.access.freed))
        granules_tell(&run.access);
    return !run.access.lost;
}
