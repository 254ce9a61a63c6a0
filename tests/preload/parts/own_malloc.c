/* An allocator of the program's own, linked into it: it never gives memory back. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static char room[64 << 20] __attribute__((aligned(16)));
static size_t used;

void *memalign(size_t alignment, size_t size)
{
    size_t bytes = (size + alignment + 31) & ~(size_t)15;
    size_t at = __atomic_fetch_add(&used, bytes, __ATOMIC_RELAXED);
    if (at + bytes > sizeof room) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t start = ((uintptr_t)room + at + 16 + alignment - 1) & ~(uintptr_t)(alignment - 1);
    ((size_t *)start)[-1] = size;
    return (void *)start;
}

void *malloc(size_t size)
{
    return memalign(16, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    *ret = memalign(alignment, size);
    return *ret ? 0 : ENOMEM;
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t size)
{
    return memalign(16, count * size); /* never used before: zero */
}

void *realloc(void *block, size_t size)
{
    void *larger = malloc(size);
    if (block && larger) {
        size_t before = ((size_t *)block)[-1];
        memcpy(larger, block, before < size ? before : size);
    }
    return larger;
}
