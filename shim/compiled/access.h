/* Telling the engine of an access of compiled code. Used by the entry points alone. */
#ifndef HOLDFAST_COMPILED_ACCESS_H
#define HOLDFAST_COMPILED_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include "compiled/frames.h"
#include "detect/race.h"
#include "state/shadow.h"

/* how: enum access_flag. Called, or jumped to, from an entry point whose frame is gone: the
   program's call is this function's caller. */
void access_tell(uintptr_t address, size_t size, unsigned how);

/* Does cell, a record of this epoch, say all that the access would? mask: its bytes. */
static inline __attribute__((always_inline)) bool cell_answers(const uint64_t *cell, uint64_t now,
                                                               uint64_t mask, bool write)
{
    /* The form that becomes a test of what differs where kind and bytes are constants. */
    uint64_t same = ~CELL_BYTES | mask, want = now | mask | (write ? CELL_WRITE : 0);
    if (!write)
        same &= ~CELL_WRITE;
    return !((__atomic_load_n(cell, __ATOMIC_RELAXED) ^ want) & same);
}

/* Has this thread recorded the like in its present epoch? Reads only, so it takes no guard. size is
   a constant; what is not a multiple of it, or of 8, is left to the engine. The naive model is
   shadow_covers(). */
static inline __attribute__((always_inline)) bool
access_is_known(unsigned char *const *regions, uintptr_t address, size_t size, unsigned how)
{
    const struct thread *self = thread_current;
    /* A wrong address leads to the cells of another, and from there to the engine, which looks. */
    const unsigned char *region = __atomic_load_n(
        &regions[address >> SHADOW_REGION_SHIFT & (SHADOW_REGIONS - 1)], __ATOMIC_RELAXED);
    if (unlikely(!self) || unlikely(address & (size - 1) & (GRANULE - 1)) || unlikely(!region))
        return false;
    const uint64_t *cell =
        (const uint64_t *)(region + 2 * (address & (SHADOW_REGION_SIZE - GRANULE)));
    uint64_t now = self->clock.now, mask = CELL_BYTES;
    if (size < GRANULE)
        mask = ((1ull << size) - 1) << (address & (GRANULE - 1));
    bool write = how & ACCESS_WRITE;
    if (size > GRANULE &&
        (unlikely((address & (SHADOW_REGION_SIZE - 1)) == SHADOW_REGION_SIZE - GRANULE) ||
         (!cell_answers(cell + 2, now, mask, write) && !cell_answers(cell + 3, now, mask, write))))
        return false;
    return likely(cell_answers(cell, now, mask, write)) || cell_answers(cell + 1, now, mask, write);
}

/* There are regions as soon as accesses are watched; whether they still are asks access_tell(). */
static inline __attribute__((always_inline)) void access_plain(uintptr_t address, size_t size,
                                                               unsigned how)
{
    unsigned char *const *regions = shadow_regions;
    if (unlikely(!regions) || likely(access_is_known(regions, address, size, how)))
        return;
    access_tell(address, size, how);
}

static inline __attribute__((always_inline)) void access_range(uintptr_t address, size_t size,
                                                               unsigned how)
{
    if (race_watched() && size)
        access_tell(address, size, how);
}

/* In place, for ranges that overlap; as libc's do. */
static inline void mem_move(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
        return;
    }
    unsigned char *out = (unsigned char *)to + size;
    const unsigned char *in = (const unsigned char *)from + size;
    while (size--)
        *--out = *--in;
}

static inline void mem_fill(void *at, int value, size_t size)
{
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
}

#endif
