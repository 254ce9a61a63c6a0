/*
 * What sources call, and the usual way of an access: in one look, without a list of records. What
 * is not usual goes to race_granule.c, which has the model.
 */
#include "detect/race.h"

#include "base/say.h"
#include "detect/race_granule.h"
#include "detect/race_heap.h"
#include "detect/race_range.h"
#include "state/options.h"
#include "state/quarantine.h"

static inline bool is_ignored(const struct thread *self, unsigned how)
{
    return how & ACCESS_WRITE ? self->ignore_writes : self->ignore_reads;
}

static inline uint64_t newest_of(const struct thread *self, unsigned how)
{
    return self->clock.now | (how & ACCESS_WRITE ? CELL_WRITE : 0) |
           (how & ACCESS_ATOMIC ? CELL_ATOMIC : 0);
}

/* An access within one granule. False: it is not done, or not all of it. */
static inline bool access_one(struct thread *self, uintptr_t address, size_t size, unsigned how,
                              const struct origin *origin)
{
    uint64_t *cell = shadow_cells(address);
    if (unlikely(!cell) || unlikely(address % GRANULE + size > GRANULE))
        return false;
    uint64_t newest = newest_of(self, how) | shadow_mask(address, size);
    if (granule_covers(cell, newest))
        return true;
    if (!granule_is_usual(cell))
        return false;
    context_t context = context_by(self, origin);
    uint64_t line_first;
    if (unlikely(!shadow_lock_first(cell, &line_first)))
        return false;
    uint64_t first = cell == shadow_line(cell) ? line_first : cell[0];
    newest = granule_usual(self, cell, first, shadow_contexts(address), newest, context);
    shadow_put_and_unlock(cell, newest ? newest : first, line_first);
    return newest;
}

/* The same for two whole granules of one line, with one lock. */
static inline bool access_two(struct thread *self, uintptr_t address, unsigned how,
                              const struct origin *origin)
{
    uint64_t *cell = shadow_cells(address);
    if (unlikely(!cell))
        return false;
    uint64_t newest = newest_of(self, how) | CELL_BYTES;
    bool covered[2] = {granule_covers(cell, newest), granule_covers(cell + 2, newest)};
    if (covered[0] && covered[1])
        return true;
    if ((!covered[0] && !granule_is_usual(cell)) || (!covered[1] && !granule_is_usual(cell + 2)))
        return false;
    context_t *contexts = shadow_contexts(address), context = context_by(self, origin);
    if (unlikely(!shadow_lock(cell)))
        return false;
    for (int i = 0; i < 2; i++) {
        uint64_t made = 0;
        if (!covered[i])
            made = granule_usual(self, cell + 2 * i, cell_get(cell + 2 * i), contexts + 2 * i,
                                 newest, context);
        if (made)
            cell_put(cell + 2 * i, made);
        covered[i] |= made != 0;
    }
    shadow_unlock(cell);
    return covered[0] && covered[1];
}

/* Two whole granules. */
static inline bool access_pair(struct thread *self, uintptr_t address, unsigned how,
                               const struct origin *origin)
{
    if (likely(address % LINE != LINE - GRANULE))
        return access_two(self, address, how, origin);
    return access_one(self, address, GRANULE, how, origin) &&
           access_one(self, address + GRANULE, GRANULE, how, origin);
}

void (*race_met_locations)(struct thread *self);
void (*race_all_told)(uintptr_t address, size_t size);
void (*race_forgotten)(uintptr_t start, uintptr_t end, enum race_why why);

bool race_access(struct thread *self, uintptr_t address, size_t size, unsigned how,
                 const struct origin *origin)
{
    if (unlikely(!self->clock.now || is_ignored(self, how) || !size))
        return false;
    if (unlikely(thread_has_met(self)) && race_met_locations)
        race_met_locations(self);
    if (size <= GRANULE ? access_one(self, address, size, how, origin)
                        : size == 2 * GRANULE && address % GRANULE == 0 &&
                              access_pair(self, address, how, origin))
        return true;
    /* What was done of it is recorded, so it is not done again. */
    return race_range(self, address, size, how, origin);
}

void (*race_rewrite)(struct thread *self);
void (*race_rewrite_prepare)(void);

void race_rights_end(void)
{
    if (race_rewrite_prepare && observing.races == RACES_WANTED)
        race_rewrite_prepare();
}

void race_threads_begin(void)
{
    if (observing.races == RACES_WANTED && shadow_start_up()) {
        if (granule_guards_seen)
            quarantine_open();
        __atomic_store_n(&observing.races, RACES_ON, __ATOMIC_RELEASE);
        if (race_rewrite)
            race_rewrite(thread_current);
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
    observing.races = text_equal(options.text[OPTION_RACES], "off") ? RACES_OFF : RACES_WANTED;
}

void race_after_fork(void)
{
    shadow_after_fork();
    race_heap_after_fork();
    race_tell_after_fork();
    race_start_up();
}
