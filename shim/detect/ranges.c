#include "detect/ranges.h"

#include "base/memory.h"

bool ranges_begin(struct ranges *ranges, size_t capacity)
{
    mem_clear(ranges, sizeof *ranges);
    ranges->capacity = capacity;
    ranges->all = pages_map(capacity * sizeof *ranges->all);
    return ranges->all != NULL;
}

void ranges_add(struct ranges *ranges, uintptr_t start, uintptr_t end)
{
    if (start >= end)
        return;
    if (ranges->count == ranges->capacity)
        ranges->full = true;
    else
        ranges->all[ranges->count++] = (struct range){start, end};
}

static void sink(struct range *heap, size_t at, size_t count)
{
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= count)
            return;
        if (child + 1 < count && heap[child + 1].start > heap[child].start)
            child++;
        if (heap[at].start >= heap[child].start)
            return;
        struct range moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

/* Heapsort: no recursion, no memory, no bad case. */
static void sort(struct range *all, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sink(all, i, count);
    while (count > 1) {
        struct range last = all[--count];
        all[count] = all[0];
        all[0] = last;
        sink(all, 0, count);
    }
}

void ranges_sort(struct ranges *ranges)
{
    size_t kept = 0;
    sort(ranges->all, ranges->count);
    for (size_t i = 0; i < ranges->count; i++) {
        struct range next = ranges->all[i];
        if (kept && next.start <= ranges->all[kept - 1].end) {
            if (next.end > ranges->all[kept - 1].end)
                ranges->all[kept - 1].end = next.end;
        } else {
            ranges->all[kept++] = next;
        }
    }
    ranges->count = kept;
}

void ranges_between(const struct ranges *ranges, uintptr_t start, uintptr_t end,
                    void (*visit)(uintptr_t start, uintptr_t end, void *with), void *with)
{
    size_t low = 0, high = ranges->count;
    while (low < high) { /* the first range that ends above start */
        size_t middle = low + (high - low) / 2;
        if (ranges->all[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < ranges->count && ranges->all[low].start < end; low++) {
        if (ranges->all[low].start > start)
            visit(start, ranges->all[low].start, with);
        start = ranges->all[low].end;
    }
    if (start < end)
        visit(start, end, with);
}
