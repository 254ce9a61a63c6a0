/*
 * What sources call, and the usual way of an access: in one look, without a list of records. What
 * is not usual goes to race_granule.c, which has the model.
 */
#include "detect/race.h"

#include "base/say.h"
#include "detect/race_granule.h"
#include "detect/race_heap.h"
#include "state/options.h"
#include "state/quarantine.h"

static inline void access_granule(struct access *access, uintptr_t granule, uint64_t mask,
                                  uint64_t *cell)
{
    bool write = access->here.how & ACCESS_WRITE;
    stamp_t now = access->self->clock.now;
    if (likely(!(access->here.how & ACCESS_ATOMIC)) &&
        (cell_covers(__atomic_load_n(&cell[0], __ATOMIC_RELAXED), mask, now, write) ||
         cell_covers(__atomic_load_n(&cell[1], __ATOMIC_RELAXED), mask, now, write)))
        return;
    granule_update(access, granule, mask, cell);
}

/* How many whole granules, from the one of cell on, have all their bytes answered for at a glance:
   most of a range that is copied again and again. */
static inline uintptr_t granules_covered(const uint64_t *cell, uint64_t kind, uintptr_t size)
{
    uint64_t want = kind | CELL_BYTES, same = cell_same_as(want);
    uintptr_t count = 0, whole = size / GRANULE;
    want &= same;
    while (count < whole &&
           ((__atomic_load_n(&cell[2 * count], __ATOMIC_RELAXED) & same) == want ||
            (__atomic_load_n(&cell[2 * count + 1], __ATOMIC_RELAXED) & same) == want))
        count++;
    return count;
}

/* [start, end) lies within one region. */
static void access_region(struct access *access, uintptr_t start, uintptr_t end)
{
    uint64_t *cell = shadow_make(start);
    if (unlikely(!cell))
        return;
    uintptr_t granule = start & -(uintptr_t)GRANULE;
    uint64_t mask = CELL_BYTES << start % GRANULE & CELL_BYTES;
    for (; granule < end; granule += GRANULE, cell += 2, mask = CELL_BYTES) {
        uintptr_t answered =
            mask == CELL_BYTES ? granules_covered(cell, access->cell, end - granule) : 0;
        granule += answered * GRANULE;
        cell += answered * 2;
        if (granule >= end)
            break;
        if (end - granule < GRANULE)
            mask &= (1ull << (end - granule)) - 1;
        access_granule(access, granule, mask, cell);
    }
}

static inline bool is_ignored(const struct thread *self, unsigned how)
{
    return how & ACCESS_WRITE ? self->ignore_writes : self->ignore_reads;
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

/* The usual access: within one granule, whose records and the new one fit its two cells, and that
   conflicts with none. The same as update_locked() would do. Returns false, and has done nothing,
   for all others. *context: of the access, 0 = not known yet. */
static inline __attribute__((always_inline)) bool
access_usual(struct thread *self, uintptr_t address, size_t size, unsigned how,
             const struct origin *origin, context_t *context)
{
    if (unlikely(address % GRANULE + size > GRANULE))
        return false;
    uint64_t *cell = shadow_cells(address), first, second;
    if (unlikely(!cell))
        return false;
    uint64_t newest = self->clock.now | (how & ACCESS_WRITE ? CELL_WRITE : 0) |
                      (how & ACCESS_ATOMIC ? CELL_ATOMIC : 0) | shadow_mask(address, size);
    first = __atomic_load_n(&cell[0], __ATOMIC_RELAXED);
    second = __atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    if (unlikely(!(first | second)) || unlikely(cell_is_link(second)))
        return false;
    if ((cell_covers_any(first, newest) || cell_covers_any(second, newest)))
        return true;
    context_t *contexts = shadow_contexts(address);
    if (!*context)
        *context = context_by(self, origin);
    if (unlikely(!shadow_lock(cell, &first)))
        return false;
    second = cell[1];
    uint64_t left = left_of(self, first, newest), other = left_of(self, second, newest);
    if (same_but_bytes(left, newest) && contexts[0] == *context)
        newest |= left, left = 0;
    if (same_but_bytes(other, newest) && contexts[1] == *context)
        newest |= other, other = 0;
    if (unlikely(cell_is_link(second)) ||
        unlikely((left && other) || (left | other) == CELL_LOCKED)) {
        shadow_unlock(cell, first);
        return false;
    }
    if (left)
        contexts[1] = contexts[0];
    if ((left | other) != second)
        __atomic_store_n(&cell[1], left | other, __ATOMIC_RELAXED);
    contexts[0] = *context;
    shadow_unlock(cell, newest);
    return true;
}

static __attribute__((noinline)) void access_any(struct thread *self, uintptr_t address,
                                                 size_t size, unsigned how,
                                                 const struct origin *origin)
{
    struct access access;
    access_begin(&access, self, address, size, how);
    access.origin = origin;
    uintptr_t end = address + size;
    if (unlikely(end < address || end > 1ull << 47))
        return;
    while (address < end) {
        uintptr_t next = (address | (SHADOW_REGION_SIZE - 1)) + 1;
        access_region(&access, address, next < end ? next : end);
        address = next;
    }
    if (unlikely(access.found_count || access.freed))
        granules_tell(&access);
}

void race_access(struct thread *self, uintptr_t address, size_t size, unsigned how,
                 const struct origin *origin)
{
    if (unlikely(!self->clock.now || is_ignored(self, how) || !size))
        return;
    context_t context = 0;
    bool done;
    if (size <= GRANULE)
        done = access_usual(self, address, size, how, origin, &context);
    else
        done = size == 2 * GRANULE && address % GRANULE == 0 &&
               access_usual(self, address, GRANULE, how, origin, &context) &&
               access_usual(self, address + GRANULE, GRANULE, how, origin, &context);
    /* What was done of it is recorded, so it is not done again. */
    if (unlikely(!done))
        access_any(self, address, size, how, origin);
}

void race_threads_begin(void)
{
    if (observing.races == RACES_WANTED && shadow_start_up()) {
        if (granule_guards_seen)
            quarantine_open();
        __atomic_store_n(&observing.races, RACES_ON, __ATOMIC_RELEASE);
    }
}

void race_compiled(void)
{
    granule_guards_seen = true;
    if (race_watched())
        quarantine_open();
}

void race_start_up(void)
{
    if (text_equal(options.text[OPTION_RACES], "full")) {
        say("races=full is not there yet: races are looked for as by races=calls");
        options.text[OPTION_RACES] = "calls"; /* a fork's child need not say it again */
    }
    observing.races = text_equal(options.text[OPTION_RACES], "off") ? RACES_OFF : RACES_WANTED;
}

void race_after_fork(void)
{
    shadow_after_fork();
    race_heap_after_fork();
    race_tell_after_fork();
    race_start_up();
}
