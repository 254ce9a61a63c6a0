#include "detect/mark.h"

#include "detect/fault.h"

bool mark_begin(struct mark *mark, struct block_index *index)
{
    mem_clear(mark, sizeof *mark);
    mark->index = index;
    mark->stack = pages_map(((size_t)index->count + 1) * sizeof *mark->stack);
    return mark->stack != NULL;
}

static inline void push(struct mark *mark, uint32_t entry)
{
    __builtin_prefetch(&mark->index->entries[entry]);
    mark->stack[mark->depth++] = entry;
}

void mark_entry(struct mark *mark, uint32_t entry)
{
    uintptr_t start = mark->index->entries[entry].start;
    struct index_line *line = index_line_of(mark->index, start);
    uint64_t bit = index_bit_of(start);
    if (line->marks & bit)
        return;
    line->marks |= bit;
    push(mark, entry);
}

static void mark_region(const struct mark *mark, uintptr_t word)
{
    size_t low = 0, high = mark->region_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (mark->regions[middle].end > word)
            high = middle;
        else
            low = middle + 1;
    }
    if (low < mark->region_count && mark->regions[low].start <= word)
        mark->regions[low].mark = 1;
}

/* word lies in the index's span. */
static inline void resolve(struct mark *mark, uintptr_t word)
{
    struct block_index *index = mark->index;
    struct index_line *line = index_line_of(index, word);
    uint64_t bit = index_bit_of(word);
    if (likely(line && (word & index->exact_mask) == 0 && line->starts & bit)) {
        if (line->marks & bit)
            return;
        __builtin_prefetch((const void *)word);
        line->marks |= bit;
        push(mark, line->before + bits_set(line->starts & (bit - 1)));
        return;
    }
    uint32_t entry = block_index_find(index, word);
    if (entry != ENTRY_NONE)
        mark_entry(mark, entry);
    else if (unlikely(mark->region_count))
        mark_region(mark, word);
}

/* The word waits in the queue until MARK_AHEAD others have come. */
static inline void consider(struct mark *mark, uintptr_t word)
{
    __builtin_prefetch(index_line_of(mark->index, word));
    uint32_t at = mark->words_next++ % MARK_AHEAD;
    uintptr_t oldest = mark->words[at];
    mark->words[at] = word;
    if (mark->words_count == MARK_AHEAD)
        resolve(mark, oldest);
    else
        mark->words_count++;
}

static void resolve_waiting(struct mark *mark)
{
    while (mark->words_count) {
        uint32_t at = (mark->words_next - mark->words_count) % MARK_AHEAD;
        mark->words_count--;
        resolve(mark, mark->words[at]);
    }
}

void mark_word(struct mark *mark, uintptr_t word)
{
    if (word - mark->index->low < mark->index->span)
        consider(mark, word);
}

static inline void scan_words(struct mark *mark, uintptr_t start, uintptr_t end)
{
    const uintptr_t low = mark->index->low, span = mark->index->span;
    const uintptr_t *word = (const uintptr_t *)((start + 7) & ~(uintptr_t)7);
    const uintptr_t *stop = (const uintptr_t *)(end & ~(uintptr_t)7);
    for (; word < stop; word++) {
        uintptr_t value = *word;
        if (unlikely(value - low < span))
            consider(mark, value);
    }
}

void mark_range(struct mark *mark, uintptr_t start, uintptr_t end)
{
    if (fault_point_set()) {
        mark->incomplete = true;
        return;
    }
    scan_words(mark, start, end);
}

/* size field of a glibc chunk, without its three flags (malloc/malloc.c). */
static bool is_next_chunk(const struct block_entry *entry, uintptr_t word)
{
    uintptr_t chunk_size = *(const uintptr_t *)(entry->start - 8) & ~(uintptr_t)7;
    return word == entry->start - 16 + chunk_size;
}

void mark_allocator_range(struct mark *mark, uintptr_t start, uintptr_t end)
{
    const struct block_index *index = mark->index;
    if (fault_point_set()) {
        mark->incomplete = true;
        return;
    }
    for (uintptr_t at = start; at + 8 <= end; at += 8) {
        uintptr_t value = *(const uintptr_t *)at;
        if (value - index->low >= index->span)
            continue;
        uint32_t entry = block_index_find(index, value);
        if (entry == ENTRY_NONE)
            mark_region(mark, value);
        else if (!is_next_chunk(&index->entries[entry], value))
            mark_entry(mark, entry);
    }
}

void mark_loader_range(struct mark *mark, uintptr_t start, uintptr_t end)
{
    const struct block_index *index = mark->index;
    if (fault_point_set()) {
        mark->incomplete = true;
        return;
    }
    for (uintptr_t at = start; at + 8 <= end; at += 8) {
        uintptr_t value = *(const uintptr_t *)at;
        uint32_t entry =
            value - index->low < index->span ? block_index_find(index, value) : ENTRY_NONE;
        if (entry != ENTRY_NONE)
            mark_entry(mark, entry);
    }
}

/* Takes the next block from the stack by way of the queue. */
static bool next_block(struct mark *mark, uint32_t *ret_entry)
{
    while (mark->depth && mark->blocks_count < MARK_AHEAD / 2) {
        uint32_t entry = mark->stack[--mark->depth];
        __builtin_prefetch((const void *)mark->index->entries[entry].start);
        mark->blocks[mark->blocks_next++ % MARK_AHEAD] = entry;
        mark->blocks_count++;
    }
    if (!mark->blocks_count)
        return false;
    *ret_entry = mark->blocks[(mark->blocks_next - mark->blocks_count--) % MARK_AHEAD];
    return true;
}

void mark_drain(struct mark *mark)
{
    uint32_t entry;
    /* After a fault the block that could not be read has left the queue: go on with the next. */
    if (fault_point_set())
        mark->incomplete = true;
    for (;;) {
        while (next_block(mark, &entry)) {
            const struct block_entry *block = &mark->index->entries[entry];
            uintptr_t start = block->start, end = start + entry_size(block);
            if (unlikely(mark->chains) && mark_is_chain(mark, entry)) {
                scan_words(mark, start, start + mark->chain);
                start += mark->chain + sizeof(uintptr_t);
            }
            scan_words(mark, start, end);
        }
        if (!mark->words_count)
            return;
        resolve_waiting(mark);
    }
}

void mark_chains(struct mark *mark)
{
    uint8_t *chains = mark->chains;
    mark->chains = NULL;
    for (uint32_t i = 0; chains && i < mark->index->count; i++)
        if (chains[i / 8] >> i % 8 & 1 && mark_is_set(mark->index, i))
            mark_word(mark, *(const uintptr_t *)(mark->index->entries[i].start + mark->chain));
}
