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

/* Has this thread recorded the like in its present epoch? Reads only, so it takes no guard. */
static inline __attribute__((always_inline)) bool access_is_known(uintptr_t address, size_t size,
                                                                  unsigned how)
{
    const struct thread *self = thread_current;
    bool write = how & ACCESS_WRITE;
    if (unlikely(!self))
        return false;
    if (size <= GRANULE)
        return shadow_covers(self->clock.now, address, size, write);
    return shadow_covers(self->clock.now, address, GRANULE, write) &&
           shadow_covers(self->clock.now, address + GRANULE, GRANULE, write);
}

static inline __attribute__((always_inline)) void access_plain(uintptr_t address, size_t size,
                                                               unsigned how)
{
    if (unlikely(race_watched()) && unlikely(!access_is_known(address, size, how)))
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
