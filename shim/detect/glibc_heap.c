#include "detect/glibc_heap.h"

#include "detect/fault.h"

#define CHUNK_FLAGS     7u
#define CHUNK_IS_MAPPED 2u
#define HEAP_ALIGNMENT  (64ull << 20) /* HEAP_MAX_SIZE: twice DEFAULT_MMAP_THRESHOLD_MAX */

/* heap_info of malloc/arena.c, up to what all versions have. */
struct heap_head {
    uintptr_t arena;
    uintptr_t previous;
    uintptr_t size;
    uintptr_t writable_size;
};

uintptr_t glibc_chunk_end(const struct block_entry *entry, bool glibc)
{
    uintptr_t end = entry->start + entry_size(entry);
    if (!glibc || fault_point_set())
        return end;
    uintptr_t head = *(const uintptr_t *)(entry->start - 8);
    uintptr_t chunk_end = entry->start - 16 + (head & ~(uintptr_t)CHUNK_FLAGS);
    return head & CHUNK_IS_MAPPED && chunk_end > end && chunk_end % 4096 == 0 ? chunk_end : end;
}

bool glibc_arena_holds(uintptr_t start, uintptr_t end)
{
    if (start % HEAP_ALIGNMENT != 0 || fault_point_set())
        return false;
    const struct heap_head *head = (const struct heap_head *)start;
    bool first = head->previous == 0 && head->arena > start && head->arena < start + 4096;
    bool later = head->previous != 0 && head->previous % HEAP_ALIGNMENT == 0 &&
                 head->arena % HEAP_ALIGNMENT < 4096;
    return (first || later) && head->size % 4096 == 0 && head->size <= HEAP_ALIGNMENT &&
           head->writable_size >= head->size && end - start <= head->writable_size;
}
