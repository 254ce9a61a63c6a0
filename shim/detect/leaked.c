#include "detect/leaked.h"

#include "detect/fault.h"

#define VISITED 8u /* in verdict: the walk has been here */

struct leaked_step {
    uint32_t entry;
    uint32_t reserved;
    uint64_t offset; /* bytes of the block that were looked at */
};

static bool prepare(struct leaked *leaked, const struct mark *mark)
{
    const struct block_index *index = mark->index;
    mem_clear(leaked, sizeof *leaked);
    leaked->index = index;
    leaked->verdict = pages_map((size_t)index->count + 1);
    leaked->holder = pages_map(((size_t)index->count + 1) * sizeof *leaked->holder);
    if (!leaked->verdict || !leaked->holder)
        return false;
    for (uint32_t i = 0; i < index->count; i++) {
        bool reached = mark_is_set(index, i);
        leaked->verdict[i] = reached ? SCAN_REACHABLE : SCAN_NONE;
        leaked->count += !reached;
    }
    leaked->order = pages_map(((size_t)leaked->count + 1) * sizeof *leaked->order);
    leaked->steps = pages_map(((size_t)leaked->count + 1) * sizeof *leaked->steps);
    return leaked->order && leaked->steps;
}

/* The next leaked block that the top one points to and whose verdict is `wanted`; ENTRY_NONE when
   there is no more. */
static uint32_t next_held(struct leaked *leaked, struct leaked_step *step, uint8_t wanted)
{
    const struct block_index *index = leaked->index;
    const struct block_entry *block = &index->entries[step->entry];
    uint64_t size = entry_size(block);
    uintptr_t base = (block->start + 7) & ~(uintptr_t)7;
    uintptr_t end = block->start + size;
    while (base + step->offset + 8 <= end) {
        uintptr_t word = *(const uintptr_t *)(base + step->offset);
        step->offset += 8;
        if (word - index->low >= index->span)
            continue;
        uint32_t entry = block_index_find(index, word);
        if (entry != ENTRY_NONE && leaked->verdict[entry] == wanted)
            return entry;
    }
    return ENTRY_NONE;
}

static void step_into(struct leaked *leaked, uint32_t entry, uint8_t verdict)
{
    leaked->verdict[entry] = verdict;
    leaked->steps[leaked->depth++] = (struct leaked_step){.entry = entry};
}

/* Where the walk stands lies in memory, because a block that cannot be read comes back through
   fault_point_set. */
static void walk_all(struct leaked *leaked, uint32_t *next, uint32_t *left)
{
    if (fault_point_set()) {
        leaked->incomplete = true;
        leaked->order[(*left)++] = leaked->steps[--leaked->depth].entry;
    }
    for (;;) {
        if (leaked->depth == 0) {
            while (*next < leaked->index->count && leaked->verdict[*next] != SCAN_NONE)
                (*next)++;
            if (*next == leaked->index->count)
                return;
            step_into(leaked, *next, VISITED);
        }
        struct leaked_step *top = &leaked->steps[leaked->depth - 1];
        uint32_t held = next_held(leaked, top, SCAN_NONE);
        if (held != ENTRY_NONE) {
            step_into(leaked, held, VISITED);
        } else {
            leaked->order[(*left)++] = top->entry;
            leaked->depth--;
        }
    }
}

/* Everything that `direct` reaches and nobody before it did. */
static void claim(struct leaked *leaked, uint32_t direct)
{
    if (fault_point_set()) {
        leaked->incomplete = true;
        leaked->depth--;
    } else {
        step_into(leaked, direct, SCAN_DIRECT);
    }
    while (leaked->depth) {
        uint32_t held = next_held(leaked, &leaked->steps[leaked->depth - 1], VISITED);
        if (held == ENTRY_NONE) {
            leaked->depth--;
            continue;
        }
        leaked->holder[held] = direct;
        step_into(leaked, held, SCAN_INDIRECT);
    }
}

bool leaked_decide(struct leaked *leaked, const struct mark *mark)
{
    uint32_t next = 0, left = 0;
    if (!prepare(leaked, mark))
        return false;
    walk_all(leaked, &next, &left);
    for (uint32_t i = left; i-- > 0;)
        if (leaked->verdict[leaked->order[i]] == VISITED)
            claim(leaked, leaked->order[i]);
    return true;
}
