/* The life of memory, as the race engine must know it: what begins is clean, a free is a write. */
#include "detect/race.h"
#include "detect/race_benign.h"
#include "detect/race_granule.h"
#include "detect/race_heap.h"

/* Blocks begin and end with a granule: what lies between the end of one and its next granule is
   nobody's. */
static uintptr_t block_end(uintptr_t address, size_t size)
{
    return (address + size + GRANULE - 1) & -(uintptr_t)GRANULE;
}

/* Most blocks are small and lie where nobody looked. */
static inline bool is_untouched(uintptr_t address, size_t size)
{
    return likely(size <= 4096) && !shadow_is_touched(address) &&
           ((address ^ (address + size)) < 4096 || !shadow_is_touched(address + size));
}

static inline void forgotten(uintptr_t start, uintptr_t end, enum race_why why)
{
    if (unlikely(race_forgotten != NULL))
        race_forgotten(start, end, why);
}

void race_block_born(struct thread *self, uintptr_t address, size_t size)
{
    (void)self;
    if (is_untouched(address, size))
        return;
    forgotten(address, address + size, RACE_BLOCK);
    shadow_forget(address & -(uintptr_t)GRANULE, block_end(address, size));
}

void race_block_dying(struct thread *self, uintptr_t address, size_t size, uint32_t stack)
{
    if (!self->clock.now)
        return;
    race_heap_freed(self, address);
    if (likely(is_untouched(address, size)))
        return;
    forgotten(address, address + size, RACE_BLOCK);
    struct access access;
    access_begin(&access, self, address, size, ACCESS_WRITE | ACCESS_FREE);
    access.here.context = context_of(self, stack);
    access.has_context = true;
    race_benign_forget(address, address + size);
    shadow_each_touched(address & -(uintptr_t)GRANULE, block_end(address, size), granules_free,
                        &access);
    if (unlikely(access.found_count)) {
        /* Who was not ordered before may still be in that epoch. */
        forgotten(address, address + size, RACE_NEW);
        granules_tell(&access);
    }
}

static void forget(struct thread *self, uintptr_t start, uintptr_t end)
{
    uintptr_t low = start & -(uintptr_t)GRANULE, high = end & -(uintptr_t)GRANULE;
    uint64_t from = CELL_BYTES << start % GRANULE & CELL_BYTES;
    uint64_t until = (1ull << end % GRANULE) - 1;
    if (low == high) { /* within one granule */
        granule_forget(self, low, from & until);
        return;
    }
    if (start != low) {
        granule_forget(self, low, from);
        low += GRANULE;
    }
    shadow_forget(low, high);
    if (until)
        granule_forget(self, high, until);
}

void race_stack_new(struct thread *self, uintptr_t start, uintptr_t end)
{
    /* Blocks that were freed where it lies are recognised when there is something to tell: a walk
       over their table for every thread would cost more than its creation. */
    forgotten(start, end, RACE_NEW);
    forget(self, start, end);
    race_benign_forget(start, end);
}

static void memory_new(struct thread *self, uintptr_t start, uintptr_t end, enum race_why why)
{
    if (!race_watched() || start >= end)
        return;
    forgotten(start, end, why);
    forget(self, start, end);
    race_heap_forget(start, end);
    race_benign_forget(start, end);
}

void race_memory_new(struct thread *self, uintptr_t start, uintptr_t end)
{
    memory_new(self, start, end, RACE_NEW);
}

void race_memory_gone(struct thread *self, uintptr_t start, uintptr_t end)
{
    memory_new(self, start, end, RACE_UNMAPPED);
}

uint64_t race_location_new(struct thread *self, uintptr_t address, size_t size)
{
    stamp_t written = 0;
    while (size) {
        size_t part = GRANULE - address % GRANULE;
        if (part > size)
            part = size;
        stamp_t newest = granule_met(self, address, shadow_mask(address, part));
        written = newest ? newest : written;
        granule_forget(self, address & -(uintptr_t)GRANULE, shadow_mask(address, part));
        address += part;
        size -= part;
    }
    return written;
}
