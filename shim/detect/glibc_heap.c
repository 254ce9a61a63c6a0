#include "detect/glibc_heap.h"

#include "detect/fault.h"

#define CHUNK_FLAGS     7u
#define CHUNK_IS_MAPPED 2u

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

uintptr_t glibc_heap_size(uintptr_t address)
{
    if (fault_point_set())
        return 0;
    const struct heap_head *head = (const struct heap_head *)address;
    bool first = head->previous == 0 && head->arena > address && head->arena < address + 4096;
    bool later = head->previous != 0 && head->previous % GLIBC_HEAP_ALIGNMENT == 0 &&
                 head->arena % GLIBC_HEAP_ALIGNMENT < 4096;
    bool sizes = head->size % 4096 == 0 && head->size <= GLIBC_HEAP_ALIGNMENT &&
                 head->writable_size >= head->size && head->writable_size <= GLIBC_HEAP_ALIGNMENT;
    return (first || later) && sizes ? head->writable_size : 0;
}
