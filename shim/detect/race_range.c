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
    /* What run.access.step says was done to so many granules that have no reference to the old set
       any more; and so many references to the new one are ready. */
    uint32_t used, ready;
    /* A granule with these cells needed nothing; its second is a link. */
    uint64_t known_first, known_second;
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

/* One whole granule: false when it is not usual. Line locked. */
static inline bool granule_in_run(struct run *run, uintptr_t granule, uint64_t *cell,
                                  context_t *contexts)
{
    uint64_t newest = run->access.cell | CELL_BYTES;
    uint64_t first = cell_get(&cell[0]), second = cell[1];
    if (!is_new(run, granule, first)) {
        if (unlikely(first != run->first || second != run->second)) {
            if (granule_covers(cell, newest))
                return true;
            if (!learn(run, first, second))
                return false;
        }
        if (run->left_is_old)
            contexts[1] = contexts[0];
        if (run->left != second)
            __atomic_store_n(&cell[1], run->left, __ATOMIC_RELAXED);
    }
    contexts[0] = run->access.here.context;
    cell_put(&cell[0], newest);
    return true;
}

/* A whole line that looks like the granules before it, line_first in its first cell. Gives back its
   lock when it was done. */
static inline bool line_in_run(const struct run *run, uint64_t *cell, context_t *contexts,
                               uint64_t line_first)
{
    const uint64_t first = run->first, second = run->second, left = run->left;
    const uint64_t newest = run->access.cell | CELL_BYTES;
    const context_t context = run->access.here.context;
    if ((line_first ^ first) | (cell[2] ^ first) | (cell[4] ^ first) | (cell[6] ^ first) |
        (cell[1] ^ second) | (cell[3] ^ second) | (cell[5] ^ second) | (cell[7] ^ second))
        return false;
    if (run->left_is_old)
        for (int i = 0; i < 8; i += 2)
            contexts[i + 1] = contexts[i];
    for (int i = 0; i < 8; i += 2)
        contexts[i] = context;
    if (left != second)
        for (int i = 1; i < 8; i += 2)
            __atomic_store_n(&cell[i], left, __ATOMIC_RELAXED);
    for (int i = 2; i < 8; i += 2)
        __atomic_store_n(&cell[i], newest, __ATOMIC_RELAXED);
    shadow_put_and_unlock(cell, newest, 0);
    return true;
}

/* Whole granules of one line, as many of count as are usual. Returns how many were done. */
static inline uintptr_t access_line(struct run *run, uintptr_t granule, uint64_t *cell,
                                    uintptr_t count)
{
    uintptr_t most = (LINE - granule % LINE) / GRANULE, done = 0;
    if (!cell_get(&cell[0])) {
        if (granule >= run->new_end)
            find_block(run, granule);
        if (!shadow_touch(granule))
            return 0;
    }
    context_here(&run->access);
    context_t *contexts = shadow_contexts(granule);
    uint64_t line_first;
    if (unlikely(!shadow_lock_first(cell, &line_first)))
        return 0;
    if (most == LINE / GRANULE && count >= most && line_in_run(run, cell, contexts, line_first))
        return most;
    count = count < most ? count : most;
    while (done < count &&
           granule_in_run(run, granule + done * GRANULE, cell + 2 * done, contexts + 2 * done))
        done++;
    shadow_unlock(cell);
    return done;
}

/* Is the granule as step says that one was? */
static inline bool looks_so(const struct step *step, const uint64_t *cell,
                            const context_t *contexts)
{
    return cell_get(&cell[0]) == step->first &&
           __atomic_load_n(&cell[1], __ATOMIC_RELAXED) == step->second &&
           contexts[0] == step->before[0] &&
           (cell_is_link(step->second) || contexts[1] == step->before[1]);
}

/* A whole granule that needs a set: does what was done to the one before when it looks so. size: of
   what is left of the range. */
static bool access_again(struct run *run, uintptr_t granule, uint64_t *cell, uintptr_t size)
{
    const struct step *step = &run->access.step;
    context_t *contexts = shadow_contexts(granule);
    if (cell_get(&cell[0]) == run->known_first &&
        __atomic_load_n(&cell[1], __ATOMIC_RELAXED) == run->known_second)
        return true;
    if (!step->known || !looks_so(step, cell, contexts))
        return false;
    if (!run->ready && cell_is_link(step->made)) {
        uint32_t count = (uint32_t)(size / GRANULE);
        if (!record_set_more(step->made, count))
            return false;
        run->ready = count;
    }
    if (!shadow_lock(cell))
        return false;
    bool same = looks_so(step, cell, contexts);
    if (same) {
        contexts[0] = run->access.here.context;
        contexts[1] = step->after;
        __atomic_store_n(&cell[1], step->made, __ATOMIC_RELAXED);
        cell_put(&cell[0], run->access.cell | CELL_BYTES);
        run->used += cell_is_link(step->second);
        run->ready -= cell_is_link(step->made);
    }
    shadow_unlock(cell);
    return same;
}

/* What was counted for the step is true from now on. */
static void step_ends(struct run *run)
{
    if (unlikely(run->used | run->ready)) {
        record_set_less(run->access.step.second, run->used);
        record_set_less(run->access.step.made, run->ready);
        run->used = run->ready = 0;
    }
    run->access.step.known = false;
}

/* A whole granule by itself. */
static void access_alone(struct run *run, uintptr_t granule, uint64_t *cell)
{
    uint64_t first = cell_get(&cell[0]), second = __atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    step_ends(run);
    granule_update(&run->access, granule, CELL_BYTES, cell);
    if (cell_is_link(second) && !cell_is_list(second) && cell_get(&cell[0]) == first &&
        __atomic_load_n(&cell[1], __ATOMIC_RELAXED) == second) {
        run->known_first = first;
        run->known_second = second;
    }
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

/* A part of a granule that is usual: in one look. False: it is not done. */
static inline bool part_is_usual(struct access *access, uintptr_t start, uint64_t mask,
                                 uint64_t *cell)
{
    uint64_t line_first;
    if (!granule_is_usual(cell))
        return false;
    context_here(access);
    if (unlikely(!shadow_lock_first(cell, &line_first)))
        return false;
    uint64_t first = cell == shadow_line(cell) ? line_first : cell[0];
    uint64_t newest = granule_usual(access->self, cell, first, shadow_contexts(start),
                                    access->cell | mask, access->here.context);
    shadow_put_and_unlock(cell, newest ? newest : first, line_first);
    return newest;
}

/* [start, end) lies within one granule. */
static void access_part(struct access *access, uintptr_t start, uintptr_t end, uint64_t *cell)
{
    uint64_t mask = shadow_mask(start, end - start);
    if (!granule_covers(cell, access->cell | mask) && !part_is_usual(access, start, mask, cell))
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
        bool link = cell_is_link(__atomic_load_n(&cell[1], __ATOMIC_RELAXED));
        if (!done && (link || run->access.step.known))
            done = access_again(run, start, cell, end - start);
        if (!done && !link)
            done = access_line(run, start, cell, (end - start) / GRANULE);
        if (unlikely(!done)) {
            access_alone(run, start, cell);
            done = 1;
        }
        start += done * GRANULE;
        cell += done * 2;
    }
    step_ends(run);
    if (start < end)
        access_part(&run->access, start, end, cell);
}

__attribute__((noinline)) bool race_range(struct thread *self, uintptr_t address, size_t size,
                                          unsigned how, const struct origin *origin)
{
    struct run run;
    access_begin(&run.access, self, address, size, how);
    run.access.origin = origin;
    run.first = run.second = run.known_first = CELL_LOCKED; /* no cell is like that */
    run.used = run.ready = 0;
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
