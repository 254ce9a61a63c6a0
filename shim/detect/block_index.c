#include "detect/block_index.h"

#define REGION_COUNT  (1ull << (47 - BLOCK_REGION_SHIFT))
#define ADDRESS_LIMIT (1ull << 47) /* of user space with four levels of page tables */
#define NO_REGION     UINTPTR_MAX

bool block_index_begin(struct block_index *index, uint32_t capacity, bool foreign)
{
    mem_clear(index, sizeof *index);
    index->capacity = capacity;
    index->low = UINTPTR_MAX;
    index->last_region = NO_REGION;
    index->exact_mask = foreign ? UINTPTR_MAX : 15;
    index->entries = pages_map(((size_t)capacity + 1) * sizeof *index->entries);
    index->regions = pages_map(REGION_COUNT * sizeof *index->regions);
    return index->entries && index->regions;
}

/* Fills lines of the last region up to and with `line`: no block starts in those that are new. */
static void fill_lines(struct block_index *index, uint32_t line)
{
    struct index_line *lines = (struct index_line *)index->regions[index->last_region];
    for (uint32_t i = index->next_line; i <= line; i++)
        lines[i].before = index->count;
    if (line >= index->next_line)
        index->next_line = line + 1;
}

/* The last block's own extent: lines behind its start, and regions that it covers alone (the last
   of them gets a table when another block starts there). */
static void cover_last(struct block_index *index)
{
    if (index->count == 0)
        return;
    struct block_entry *last = &index->entries[index->count - 1];
    uint64_t size = entry_size(last);
    uintptr_t last_byte = last->start + (size ? size - 1 : 0);
    uintptr_t region = last_byte >> BLOCK_REGION_SHIFT;
    if (region == index->last_region) {
        fill_lines(index, last_byte >> LINE_SHIFT & (LINES_PER_REGION - 1));
        return;
    }
    fill_lines(index, LINES_PER_REGION - 1);
    for (uintptr_t r = index->last_region + 1; r <= region && r < REGION_COUNT; r++)
        index->regions[r] = (uintptr_t)index->count * 2 + 1;
}

bool block_index_append(struct block_index *index, uintptr_t start, uint64_t size, uint32_t row)
{
    uintptr_t region = start >> BLOCK_REGION_SHIFT;
    if (index->count >= index->capacity || region >= REGION_COUNT)
        return index->count < index->capacity;
    cover_last(index);
    if (region != index->last_region) {
        void *lines = pages_map(LINES_PER_REGION * sizeof(struct index_line));
        if (!lines)
            return false;
        index->regions[region] = (uintptr_t)lines;
        index->last_region = region;
        index->next_line = 0;
    }
    fill_lines(index, start >> LINE_SHIFT & (LINES_PER_REGION - 1));
    index_line_of(index, start)->starts |= index_bit_of(start);
    index->entries[index->count++] = (struct block_entry){
        .start = start, .size = size < ENTRY_LARGE ? (uint32_t)size : ENTRY_LARGE, .row = row};
    return true;
}

static bool is_live(const struct block_row *row)
{
    enum block_state state = block_state_of(row);
    return state == BLOCK_LIVE || state == BLOCK_MOVING;
}

/* Windows [i, end) of a region's table. Blocks are passed over by their size, so that the table of
   a large one is not read (it was never touched). */
static bool add_windows(struct block_index *index, const uint32_t *windows, size_t i, size_t end,
                        uintptr_t base, uintptr_t *next)
{
    while (i < end) {
        if (!windows[i]) {
            i++;
            continue;
        }
        struct block_row *row = ROW(SECTION_BLOCKS, struct block_row, windows[i]);
        uintptr_t address = block_address(row);
        if (is_live(row) && address >= base && address >= *next) {
            if (!block_index_append(index, address, block_size(row), windows[i]))
                return false;
            *next = address + block_size(row);
            size_t skip = (*next - base) >> block_window_shift;
            if (skip > i) {
                i = skip;
                continue;
            }
        }
        i++;
    }
    return true;
}

bool block_index_add(struct block_index *index, uintptr_t start, uintptr_t end)
{
    uintptr_t next = start;
    if (end > ADDRESS_LIMIT) /* vsyscall */
        end = ADDRESS_LIMIT;
    while (next < end) {
        uintptr_t base = next >> BLOCK_REGION_SHIFT << BLOCK_REGION_SHIFT;
        uintptr_t region_end = base + (1ull << BLOCK_REGION_SHIFT);
        uintptr_t stop = end < region_end ? end : region_end;
        const uint32_t *windows = block_region(next);
        if (windows &&
            !add_windows(index, windows, (next - base) >> block_window_shift,
                         (stop - base + (1u << block_window_shift) - 1) >> block_window_shift, base,
                         &next))
            return false;
        if (next < stop)
            next = stop;
    }
    return true;
}

void block_index_end(struct block_index *index)
{
    if (index->count == 0) {
        index->low = index->span = 0;
        return;
    }
    cover_last(index);
    const struct block_entry *last = &index->entries[index->count - 1];
    uint64_t size = entry_size(last);
    index->low = index->entries[0].start;
    index->span = last->start + (size ? size : 1) - index->low;
}

uint32_t block_index_find(const struct block_index *index, uintptr_t word)
{
    uintptr_t region = index->regions[word >> BLOCK_REGION_SHIFT];
    uint32_t count;
    if (!region)
        return ENTRY_NONE;
    if (region & 1) {
        count = (uint32_t)(region >> 1);
    } else {
        const struct index_line *line = index_line_of(index, word);
        uint64_t upto = line->starts & (index_bit_of(word) * 2 - 1);
        count = line->before + bits_set(upto);
    }
    /* A block that starts later in the same 16 bytes: the one before may still hold the word. */
    if (count && index->entries[count - 1].start > word)
        count--;
    if (!count)
        return ENTRY_NONE;
    const struct block_entry *entry = &index->entries[count - 1];
    uint64_t size = entry_size(entry);
    return word - entry->start < (size ? size : 1) ? count - 1 : ENTRY_NONE;
}

uint32_t block_index_above(const struct block_index *index, uintptr_t address)
{
    uint32_t low = 0, high = index->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index->entries[middle].start < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
