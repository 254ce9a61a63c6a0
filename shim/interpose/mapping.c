/*
 * Mappings: memory that comes from the system is new, and what goes back to it is forgotten, before
 * somebody else can get the same addresses. What is remembered of memory: accesses (detect/race)
 * and the objects that threads order themselves by (state/sync).
 */
#include <sys/mman.h>
#include <sys/shm.h>

#include "base/syscall.h"
#include "detect/handle_misuse.h"
#include "detect/race.h"
#include "interpose/access.h"
#include "interpose/handles.h"
#include "state/allocator.h"
#include "state/constant.h"
#include "state/region.h"
#include "state/stack.h"
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

/* ---- what the program has mapped. An allocator behind us maps for its blocks. */

static struct thread *regions_enter(const void *frame)
{
    return called_by_allocator(frame) ? NULL : handles_enter();
}

static void mapped(const void *start, size_t size, enum handle_kind kind, uint64_t access,
                   const char *name, const void *frame)
{
    struct thread *self = start == MAP_FAILED ? NULL : regions_enter(frame);
    if (!self)
        return;
    const struct handle_birth birth = {
        .kind = kind, .stack = stack_here(self, frame), .name = name, .owner = access};
    region_mapped(self, (uintptr_t)start, size, &birth);
    guard_leave(self);
}

/* Nothing of [start, end) is mapped: the kernel's word. Only what is small is asked about. */
#define ASKED_MOST 256u /* pages */
static bool is_hole(uintptr_t start, uintptr_t end)
{
    unsigned char resident;
    if ((end - start) / 4096 > ASKED_MOST)
        return false;
    for (; start < end; start += 4096)
        if (raw_syscall(SYS_mincore, start, 4096, &resident) != -12 /* ENOMEM */)
            return false;
    return true;
}

/* Before [start, start + size) goes. called: NULL: nothing is wrong with what was not there. */
static void unmapped(const void *start, size_t size, const char *called, const void *frame)
{
    uintptr_t from = (uintptr_t)start;
    struct thread *self = size && !(from & 4095) ? regions_enter(frame) : NULL;
    if (!self)
        return;
    uint32_t stack = stack_here(self, frame);
    if (region_going(self, from, size, stack) == 0 && called && is_hole(from, from + size)) {
        struct handle_row *row = resource_find(HANDLE_KIND_MAPPING, from);
        if (row && handle_state_of(row) == HANDLE_CLOSED)
            handle_released_again(self, row, true, stack, called);
        else if (!row)
            handle_never_made(self, HANDLE_KIND_MAPPING, from, stack, called);
    }
    guard_leave(self);
}

/* What MAP_FIXED takes the place of goes, unless the new mapping is but a part of an old one: who
   reserves addresses gives them back as one. */
enum replaced { REPLACES_NOTHING, REPLACES_PART };

static enum replaced replaces(const void *start, size_t size, int flags, const void *frame)
{
    if (!(flags & MAP_FIXED))
        return REPLACES_NOTHING;
    gone(start, size);
    struct thread *self = regions_enter(frame);
    if (!self)
        return REPLACES_NOTHING;
    bool part = region_is_part((uintptr_t)start, size);
    guard_leave(self);
    if (!part)
        unmapped(start, size, NULL, frame);
    return part ? REPLACES_PART : REPLACES_NOTHING;
}

#define MAP(name, type)                                                                            \
    void *wrap_##name(void *start, size_t size, int access, int flags, int fd, type offset)        \
    {                                                                                              \
        enum replaced replaced = replaces(start, size, flags, FRAME);                              \
        if (access_watched() && !(flags & MAP_ANONYMOUS))                                          \
            USES(fd);                                                                              \
        void *at = real.name(start, size, access, flags, fd, offset);                              \
        USED_WHEN(at == MAP_FAILED, flags & MAP_ANONYMOUS ? -1 : fd, false);                       \
        come(at, size);                                                                            \
        if (replaced != REPLACES_PART)                                                             \
            mapped(at, size, HANDLE_KIND_MAPPING, (uint64_t)access, NULL, FRAME);                  \
        return at;                                                                                 \
    }

MAP(mmap, off_t)
MAP(mmap64, off64_t)

int wrap_munmap(void *start, size_t size)
{
    gone(start, size);
    unmapped(start, size, "munmap", FRAME);
    return real.munmap(start, size);
}

/* Pages that move take nothing along: what was known of them is lost, which can only hide a race
   with an access from before the move. The last parameter counts with MREMAP_FIXED only. A size of
   0 leaves the old pages where they are, as MREMAP_DONTUNMAP does. */
void *wrap_mremap(void *start, size_t size, size_t wanted, int flags, void *to)
{
    gone(start, size);
    if (flags & MREMAP_FIXED) {
        gone(to, wanted);
        unmapped(to, wanted, NULL, FRAME);
    }
    bool stays = size == 0 || flags & MREMAP_DONTUNMAP;
    struct thread *self = stays ? NULL : regions_enter(FRAME);
    struct handle_row *row = self ? region_leaves((uintptr_t)start, size) : NULL;
    if (self)
        guard_leave(self);
    void *at = real.mremap(start, size, wanted, flags, to);
    come(at, wanted);
    if (stays) {
        mapped(at, wanted, HANDLE_KIND_MAPPING, PROT_READ, NULL, FRAME);
    } else if (row && (self = guard_enter())) {
        bool failed = at == MAP_FAILED;
        region_comes(row, (uintptr_t)(failed ? start : at), failed ? size : wanted);
        guard_leave(self);
    }
    return at;
}

/* ---- shared memory of System V */

static size_t segment_size(int segment)
{
    struct shmid_ds about;
    return raw_failed(raw_syscall(SYS_shmctl, segment, IPC_STAT, &about)) ? 0 : about.shm_segsz;
}

void *wrap_shmat(int segment, const void *start, int flags)
{
    size_t size = segment_size(segment);
    if (start && flags & SHM_REMAP)
        unmapped(start, size, NULL, FRAME);
    void *at = real.shmat(segment, start, flags);
    if (at != MAP_FAILED) {
        gone(at, size);
        come(at, size);
        mapped(at, size, HANDLE_KIND_SEGMENT, PROT_READ, NULL, FRAME);
    }
    return at;
}

int wrap_shmdt(const void *start)
{
    struct thread *self = handles_enter();
    if (self) {
        uint32_t stack = stack_here(self, FRAME);
        struct handle_row *row = resource_find(HANDLE_KIND_SEGMENT, (uintptr_t)start);
        if (row && handle_state_of(row) == HANDLE_CLOSED &&
            is_hole((uintptr_t)start, (uintptr_t)start + 1))
            handle_released_again(self, row, true, stack, "shmdt");
        region_detached(self, (uintptr_t)start, stack);
        guard_leave(self);
    }
    return real.shmdt(start);
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
