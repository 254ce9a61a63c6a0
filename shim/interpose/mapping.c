/*
 * Mappings: memory that comes from the system is new, and what goes back to it is forgotten, before
 * somebody else can get the same addresses. What is remembered of memory: accesses (detect/race)
 * and the objects that threads order themselves by (state/sync).
 */
#include <sys/mman.h>

#include "detect/race.h"
#include "interpose/access.h"
#include "state/constant.h"
#include "state/sync.h"

static void gone(const void *start, size_t size)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    uintptr_t from = (uintptr_t)start, to = from + size;
    if (to > from) {
        race_memory_gone(self, from, to);
        sync_memory_gone(from, to, NULL, NULL);
        constant_changes(from, to);
    }
    guard_leave(self);
}

static void come(const void *start, size_t size)
{
    if (start == MAP_FAILED || !race_watched())
        return;
    struct thread *self = guard_enter();
    if (!self)
        return;
    race_memory_new(self, (uintptr_t)start, (uintptr_t)start + size);
    guard_leave(self);
}

/* MAP_FIXED takes the place of what was there. */
static inline void replaces(const void *start, size_t size, int flags)
{
    if (flags & MAP_FIXED)
        gone(start, size);
}

void *wrap_mmap(void *start, size_t size, int access, int flags, int fd, off_t offset)
{
    replaces(start, size, flags);
    if (access_watched() && !(flags & MAP_ANONYMOUS))
        USES(fd);
    void *at = real.mmap(start, size, access, flags, fd, offset);
    USED_WHEN(at == MAP_FAILED, flags & MAP_ANONYMOUS ? -1 : fd, false);
    come(at, size);
    return at;
}

void *wrap_mmap64(void *start, size_t size, int access, int flags, int fd, off64_t offset)
{
    replaces(start, size, flags);
    if (access_watched() && !(flags & MAP_ANONYMOUS))
        USES(fd);
    void *at = real.mmap64(start, size, access, flags, fd, offset);
    USED_WHEN(at == MAP_FAILED, flags & MAP_ANONYMOUS ? -1 : fd, false);
    come(at, size);
    return at;
}

int wrap_munmap(void *start, size_t size)
{
    gone(start, size);
    return real.munmap(start, size);
}

/* Pages that move take nothing along: what was known of them is lost, which can only hide a race
   with an access from before the move. The last parameter counts with MREMAP_FIXED only. */
void *wrap_mremap(void *start, size_t size, size_t wanted, int flags, void *to)
{
    gone(start, size);
    if (flags & MREMAP_FIXED)
        gone(to, wanted);
    void *at = real.mremap(start, size, wanted, flags, to);
    come(at, wanted);
    return at;
}

int wrap_madvise(void *start, size_t size, int advice)
{
    if (advice == MADV_DONTNEED || advice == MADV_FREE || advice == MADV_REMOVE)
        gone(start, size);
    return real.madvise(start, size, advice);
}

/* Who patches code may race with who reads it. */
static inline void changes(void *start, size_t size, int access)
{
    if (access & PROT_WRITE)
        constant_changes((uintptr_t)start, (uintptr_t)start + size);
}

int wrap_mprotect(void *start, size_t size, int access)
{
    changes(start, size, access);
    return real.mprotect(start, size, access);
}

int wrap_pkey_mprotect(void *start, size_t size, int access, int key)
{
    changes(start, size, access);
    return real.pkey_mprotect(start, size, access, key);
}
