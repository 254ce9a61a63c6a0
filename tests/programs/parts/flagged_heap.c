/* An allocator as programs link instead of libc's, with jemalloc's calls that take flags: what was
   freed last is handed out first, whichever call asks. Powers of two, a word in front of each block
   says which. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEMORY (64ul << 20)
static char *memory;
static size_t used;
static char *freed[40];
static bool held;

static void *take(size_t alignment, size_t size)
{
    unsigned class = 5;
    while ((1ul << class) < size + 16)
        class ++;
    while (__atomic_exchange_n(&held, true, __ATOMIC_ACQUIRE))
        ;
    if (!memory)
        memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *p = alignment <= 16 ? freed[class] : NULL;
    if (p) {
        freed[class] = *(char **)p;
    } else if (used + (1ul << class) + alignment <= MEMORY) {
        uintptr_t start = (uintptr_t)memory + used + 16;
        p = (char *)((start + alignment - 1) & -alignment);
        used = (size_t)(p - memory) + (1ul << class) - 16;
        used = (used + 15) & -16ul;
        p[-1] = (char)class;
    }
    __atomic_store_n(&held, false, __ATOMIC_RELEASE);
    return p;
}

static size_t room(void *p)
{
    return p ? (1ul << ((char *)p)[-1]) - 16 : 0;
}

size_t malloc_usable_size(void *p)
{
    return room(p);
}

void *malloc(size_t size)
{
    return take(16, size);
}

/* Under names of its own: calls of what is exported would go by way of who stands in front. */
static void give(void *p)
{
    if (!p)
        return;
    while (__atomic_exchange_n(&held, true, __ATOMIC_ACQUIRE))
        ;
    char **list = &freed[(int)((char *)p)[-1]];
    *(char **)p = *list;
    *list = p;
    __atomic_store_n(&held, false, __ATOMIC_RELEASE);
}

void free(void *p)
{
    give(p);
}

void *calloc(size_t count, size_t size)
{
    void *p = take(16, count * size);
    return p ? memset(p, 0, count * size) : p;
}

static void *move(void *old, size_t size)
{
    void *p = take(16, size);
    size_t had = room(old);
    if (old && p)
        memcpy(p, old, had < size ? had : size);
    give(old);
    return p;
}

void *realloc(void *old, size_t size)
{
    return move(old, size);
}

static void *aligned(size_t alignment, size_t size)
{
    return take(alignment < 16 ? 16 : alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    return aligned(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return aligned(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    *ret = aligned(alignment, size);
    return *ret ? 0 : ENOMEM;
}

void *mallocx(size_t size, int flags)
{
    void *p = take(16, size);
    return p && flags & 64 ? memset(p, 0, size) : p;
}

void *rallocx(void *old, size_t size, int flags)
{
    (void)flags;
    return move(old, size);
}

size_t xallocx(void *p, size_t size, size_t extra, int flags)
{
    (void)size, (void)extra, (void)flags;
    return room(p);
}

void dallocx(void *p, int flags)
{
    (void)flags;
    give(p);
}

void sdallocx(void *p, size_t size, int flags)
{
    /* As an allocator would that trusts the size. */
    if (size > room(p))
        abort();
    (void)flags;
    give(p);
}
