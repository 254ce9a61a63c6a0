#include "base/memory.h"

#include <sys/mman.h>

#include "base/syscall.h"

bool mem_equal(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < size; i++)
        if (x[i] != y[i])
            return false;
    return true;
}

size_t text_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

bool text_starts(const char *text, const char *prefix)
{
    while (*prefix)
        if (*text++ != *prefix++)
            return false;
    return true;
}

const char *text_find(const char *text, char c)
{
    for (; *text; text++)
        if (*text == c)
            return text;
    return NULL;
}

const char *text_find_text(const char *text, const char *part)
{
    for (; *text; text++)
        if (text_starts(text, part))
            return text;
    return NULL;
}

const char *text_base(const char *path)
{
    const char *base = path;
    for (; *path; path++)
        if (*path == '/')
            base = path + 1;
    return base;
}

bool text_number(const char *text, size_t length, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (length == 0 || length > 19)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_value = value;
    return true;
}

/* Our ranges. A slot is free while start is 0; it is taken by compare-and-swap, so any thread or
   handler may. Ranges beyond the last slot (one a 16 MB window of heap, a few a thread) are not
   kept: the scan then reads them as the program's, which can only hide a leak. */
#define OWN_RANGES 16384u
static struct {
    uintptr_t start, end;
} own_ranges[OWN_RANGES];
static uint32_t own_used;  /* slots at and after this were never taken */
static uint32_t own_freed; /* slots that became free again */

static bool own_slot_take(uint32_t i, uintptr_t start, uintptr_t end)
{
    uintptr_t free = 0;
    if (!__atomic_compare_exchange_n(&own_ranges[i].start, &free, start, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return false;
    own_ranges[i].end = end;
    return true;
}

static void own_pages_add(uintptr_t start, size_t size)
{
    if (__atomic_load_n(&own_freed, __ATOMIC_RELAXED)) {
        uint32_t used = __atomic_load_n(&own_used, __ATOMIC_ACQUIRE);
        for (uint32_t i = 0; i < used && i < OWN_RANGES; i++)
            if (own_slot_take(i, start, start + size)) {
                __atomic_fetch_sub(&own_freed, 1, __ATOMIC_RELAXED);
                return;
            }
    }
    if (__atomic_load_n(&own_used, __ATOMIC_RELAXED) >= OWN_RANGES)
        return;
    uint32_t i = __atomic_fetch_add(&own_used, 1, __ATOMIC_ACQ_REL);
    if (i < OWN_RANGES && !own_slot_take(i, start, start + size))
        own_pages_add(start, size); /* another thread took it for a freed one */
}

static void own_pages_remove(uintptr_t start)
{
    uint32_t used = __atomic_load_n(&own_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used && i < OWN_RANGES; i++)
        if (own_ranges[i].start == start) {
            own_ranges[i].end = 0;
            __atomic_store_n(&own_ranges[i].start, 0, __ATOMIC_RELEASE);
            __atomic_fetch_add(&own_freed, 1, __ATOMIC_RELAXED);
            return;
        }
}

void own_pages_note(uintptr_t start, size_t size)
{
    own_pages_add(start, size);
}

void own_pages_each(void (*visit)(uintptr_t start, uintptr_t end, void *with), void *with)
{
    uint32_t used = __atomic_load_n(&own_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used && i < OWN_RANGES; i++)
        if (own_ranges[i].start && own_ranges[i].end)
            visit(own_ranges[i].start, own_ranges[i].end, with);
}

uintptr_t pages_far;

#define LARGE (1ul << 20)
#define ALIGN (1ul << 21) /* page tables are not shared with what lies beside */

uintptr_t pages_place(size_t size)
{
    if (!pages_far || size < LARGE)
        return 0;
    return __atomic_fetch_add(&pages_far, (size + 2 * ALIGN - 1) & -ALIGN, __ATOMIC_RELAXED);
}

void *pages_map(size_t size)
{
    long at = raw_syscall(SYS_mmap, pages_place(size), size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw_failed(at))
        return NULL;
    own_pages_add((uintptr_t)at, (size + 4095) & ~(size_t)4095);
    return (void *)at;
}

void *pages_map_wiped(size_t size)
{
    void *at = pages_map(size);
    if (at) {
        raw_syscall(SYS_madvise, at, size, MADV_WIPEONFORK);
        /* A touched word must not cost two megabytes: these tables are sparse. */
        raw_syscall(SYS_madvise, at, size, MADV_NOHUGEPAGE);
    }
    return at;
}

void pages_unmap(void *at, size_t size)
{
    /* Before: once it is unmapped, the program may get the same addresses. */
    own_pages_remove((uintptr_t)at);
    raw_syscall(SYS_munmap, at, size);
}

#define ARENA_CHUNK (256u * 1024)

static _Atomic(uintptr_t) arena_next, arena_end;

void *arena_alloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size >= ARENA_CHUNK / 4)
        return pages_map((size + 4095) & ~(size_t)4095);
    for (;;) {
        uintptr_t end = __atomic_load_n(&arena_end, __ATOMIC_ACQUIRE);
        uintptr_t at = __atomic_load_n(&arena_next, __ATOMIC_ACQUIRE);
        if (end && at + size <= end && at >= end - ARENA_CHUNK) {
            if (__atomic_compare_exchange_n(&arena_next, &at, at + size, false, __ATOMIC_ACQ_REL,
                                            __ATOMIC_RELAXED))
                return (void *)at;
            continue;
        }
        /* Used up: whoever gets here first installs a new chunk; a loser keeps its chunk for this
           one allocation's sake only when it also loses the race to install (rare, bounded by
           threads). */
        uintptr_t chunk = (uintptr_t)pages_map(ARENA_CHUNK);
        if (!chunk)
            return NULL;
        __atomic_store_n(&arena_next, chunk + size, __ATOMIC_RELEASE);
        __atomic_store_n(&arena_end, chunk + ARENA_CHUNK, __ATOMIC_RELEASE);
        return (void *)chunk;
    }
}
