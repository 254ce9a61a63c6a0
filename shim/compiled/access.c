/*
 * Loads and stores of compiled code. An entry point asks whether the thread has recorded the like
 * in this epoch already, which takes no guard, because nothing is written; else it goes on as
 * race(), by a jump, so that this stands where the program called.
 */
#include "compiled/access.h"

#include "compiled/entries.h"

static inline void tell(uintptr_t address, size_t size, unsigned how, const struct origin *origin)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    race_access(self, address, size, how, origin);
    guard_leave(self);
}

__attribute__((noinline)) void access_tell(uintptr_t address, size_t size, unsigned how)
{
    if (likely(race_watched()))
        tell(address, size, how, ORIGIN_COMPILED);
}

#define ACCESS(kind, size, how)                                                                    \
    void __tsan_##kind##size(void *address)                                                        \
    {                                                                                              \
        access_plain((uintptr_t)address, size, how);                                               \
    }
#define ACCESSES(kind, how)                                                                        \
    ACCESS(kind, 1, how)                                                                           \
    ACCESS(kind, 2, how) ACCESS(kind, 4, how) ACCESS(kind, 8, how) ACCESS(kind, 16, how)

ACCESSES(read, ACCESS_READ)
ACCESSES(write, ACCESS_WRITE)
/* x += 1: what races with the load races with the store. */
ACCESSES(read_write, ACCESS_WRITE)
/* Not atomic (C11 5.1.2.4), whatever code hopes. */
ACCESSES(volatile_read, ACCESS_READ)
ACCESSES(volatile_write, ACCESS_WRITE)
ACCESSES(unaligned_volatile_read, ACCESS_READ)
ACCESSES(unaligned_volatile_write, ACCESS_WRITE)

#define UNALIGNED(kind, how)                                                                       \
    ACCESS(kind, 2, how) ACCESS(kind, 4, how) ACCESS(kind, 8, how) ACCESS(kind, 16, how)
UNALIGNED(unaligned_read, ACCESS_READ)
UNALIGNED(unaligned_write, ACCESS_WRITE)
UNALIGNED(unaligned_read_write, ACCESS_WRITE)

/* The pc that the caller names is not on the stack: the stack is. */
#define ACCESS_PC(kind, size, how)                                                                 \
    void __tsan_##kind##size##_pc(void *address, void *pc)                                         \
    {                                                                                              \
        access_plain((uintptr_t)address, size, how);                                               \
    }
#define ACCESSES_PC(kind, how)                                                                     \
    ACCESS_PC(kind, 1, how)                                                                        \
    ACCESS_PC(kind, 2, how) ACCESS_PC(kind, 4, how) ACCESS_PC(kind, 8, how) ACCESS_PC(kind, 16, how)
ACCESSES_PC(read, ACCESS_READ)
ACCESSES_PC(write, ACCESS_WRITE)
ACCESSES_PC(read_write, ACCESS_WRITE)

void __tsan_read_range(void *address, unsigned long size)
{
    access_range((uintptr_t)address, size, ACCESS_READ);
}

void __tsan_write_range(void *address, unsigned long size)
{
    access_range((uintptr_t)address, size, ACCESS_WRITE);
}

void __tsan_read_range_pc(void *address, unsigned long size, void *pc)
{
    access_range((uintptr_t)address, size, ACCESS_READ);
}

void __tsan_write_range_pc(void *address, unsigned long size, void *pc)
{
    access_range((uintptr_t)address, size, ACCESS_WRITE);
}

/* Constructors of derived classes set the pointer again and again; one that stays is no write. */
void __tsan_vptr_update(void **vptr, void *value)
{
    if (*vptr == value)
        return;
    access_plain((uintptr_t)vptr, sizeof *vptr, ACCESS_WRITE);
}

void __tsan_vptr_read(void **vptr)
{
    access_plain((uintptr_t)vptr, sizeof *vptr, ACCESS_READ);
}

/* What newer compilers make of the intrinsics, with the frame of the entry that the program called.
   The library's own are interposed. */
static void move(void *to, const void *from, unsigned long size, const struct origin *origin)
{
    if (race_watched() && size) {
        tell((uintptr_t)from, size, ACCESS_READ, origin);
        tell((uintptr_t)to, size, ACCESS_WRITE, origin);
    }
    mem_move(to, from, size);
}

void *__tsan_memcpy(void *to, const void *from, unsigned long size)
{
    move(to, from, size, ORIGIN_COMPILED);
    return to;
}

void *__tsan_memmove(void *to, const void *from, unsigned long size)
{
    move(to, from, size, ORIGIN_COMPILED);
    return to;
}

void *__tsan_memset(void *to, int value, unsigned long size)
{
    if (race_watched() && size)
        tell((uintptr_t)to, size, ACCESS_WRITE, ORIGIN_COMPILED);
    mem_fill(to, value, size);
    return to;
}

static void ignore(uint32_t by)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (by == 1 || self->ignore_reads)
        self->ignore_reads += by;
    if (by == 1 || self->ignore_writes)
        self->ignore_writes += by;
    guard_leave(self);
}

void __tsan_ignore_thread_begin(void)
{
    ignore(1);
}

void __tsan_ignore_thread_end(void)
{
    ignore(-1u);
}
