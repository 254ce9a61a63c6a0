#include "symbol_index.h"
#include <stdlib.h>

void ranges_add(struct ranges *ranges, uint64_t low, uint64_t high, void *of)
{
    if (low >= high)
        return;
    ranges->rows = array_grow(ranges->rows, ranges->count, &ranges->capacity, sizeof *ranges->rows);
    ranges->rows[ranges->count++] = (struct range){low, high, of};
    if (high - low > ranges->longest)
        ranges->longest = high - low;
}

void ranges_add_die(struct ranges *ranges, Dwarf_Die *die, void *of)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0)
        ranges_add(ranges, low, high, of);
}

/* By low, then the longer first, so that inner ones come later. */
static int by_low(const void *a, const void *b)
{
    const struct range *left = a, *right = b;
    if (left->low != right->low)
        return left->low < right->low ? -1 : 1;
    if (left->high != right->high)
        return left->high > right->high ? -1 : 1;
    return 0;
}

void ranges_sort(struct ranges *ranges)
{
    if (ranges->count)
        qsort(ranges->rows, ranges->count, sizeof *ranges->rows, by_low);
}

const struct range *ranges_find(const struct ranges *ranges, uint64_t address)
{
    size_t low = 0, high = ranges->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges->rows[middle].low <= address)
            low = middle + 1;
        else
            high = middle;
    }
    /* Going back, the first row that holds address is the innermost. Rows that begin much earlier
       may hold it, too: look back as far as the longest row reaches, but not without end. */
    for (unsigned looked = 0; low > 0 && looked < 256; looked++) {
        const struct range *row = &ranges->rows[--low];
        if (address - row->low >= ranges->longest)
            break;
        if (address < row->high)
            return row;
    }
    return NULL;
}

void ranges_finish(struct ranges *ranges)
{
    free(ranges->rows);
    *ranges = (struct ranges){0};
}
