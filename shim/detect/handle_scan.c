#include "detect/handle_scan.h"

#include <link.h>
#include <stddef.h>
#include <stdio.h>

#include "state/resource.h"

/* glibc's list of all streams, and the three in it that are no heap blocks. */
extern struct _IO_FILE *_IO_list_all;
extern struct _IO_FILE _IO_2_1_stdin_, _IO_2_1_stdout_, _IO_2_1_stderr_;
static struct _IO_FILE **const chain_roots[] = {&_IO_list_all, &_IO_2_1_stdin_._chain,
                                                &_IO_2_1_stdout_._chain, &_IO_2_1_stderr_._chain};
#define CHAIN_ROOTS (sizeof chain_roots / sizeof chain_roots[0])

bool handle_is_the_programs(uint16_t flags)
{
    return !(flags & (HANDLE_INHERITED | HANDLE_ADOPTED | HANDLE_OWNED | HANDLE_LIBRARY));
}

static bool is_stream(const struct handle_row *row)
{
    return row->kind == HANDLE_KIND_STREAM || row->kind == HANDLE_KIND_POPEN;
}

/* The entry that starts at address; ENTRY_NONE. */
static uint32_t entry_at(const struct block_index *index, uintptr_t address)
{
    if (address - index->low >= index->span)
        return ENTRY_NONE;
    uint32_t entry = block_index_find(index, address);
    return entry != ENTRY_NONE && index->entries[entry].start == address ? entry : ENTRY_NONE;
}

static void note_chain(struct handle_row *row, void *with)
{
    struct mark *mark = with;
    uint32_t entry = is_stream(row) && handle_is_the_programs(row->flags)
                         ? entry_at(mark->index, row->value)
                         : ENTRY_NONE;
    if (entry == ENTRY_NONE || (mark->chains && mark_is_chain(mark, entry)))
        return;
    if (!mark->chains)
        mark->chains = pages_map(mark->index->count / 8 + 1);
    if (mark->chains)
        mark->chains[entry / 8] |= (uint8_t)(1u << entry % 8);
}

/* Words into mappings count too from now on. */
static void note_regions(struct mark *mark)
{
    struct block_index *index = mark->index;
    size_t count = region_copy(NULL, 0);
    mark->regions = count ? pages_map(count * sizeof *mark->regions) : NULL;
    if (!mark->regions)
        return;
    mark->region_count = region_copy(mark->regions, count);
    uintptr_t low = mark->regions[0].start, end = mark->regions[count - 1].end;
    if (!index->count) {
        index->low = low;
        index->span = end - low;
        return;
    }
    uintptr_t its_end = index->low + index->span;
    if (low < index->low)
        index->low = low;
    index->span = (end > its_end ? end : its_end) - index->low;
}

void handle_scan_begin(struct mark *mark)
{
    mark->chain = offsetof(struct _IO_FILE, _chain);
    if (!observing.handles)
        return;
    resource_each(note_chain, mark);
    note_regions(mark);
}

void handle_scan_excludes(struct ranges *excluded)
{
    for (unsigned i = 0; observing.handles && i < CHAIN_ROOTS; i++)
        ranges_add(excluded, (uintptr_t)chain_roots[i], (uintptr_t)(chain_roots[i] + 1));
}

/* ---- what the marks say */

struct judging {
    struct mark *mark;
    const struct thread *self;
    uintptr_t sp;
};

/* Of what lies in memory of the program's own: is that memory still somebody's? In doubt it is. */
static bool place_is_held(const struct judging *judging, uintptr_t address)
{
    struct dl_find_object module;
    if (_dl_find_object((void *)address, &module) == 0)
        return true;
    const struct block_index *index = judging->mark->index;
    uint32_t entry =
        address - index->low < index->span ? block_index_find(index, address) : ENTRY_NONE;
    if (entry != ENTRY_NONE)
        return mark_is_set(index, entry);
    if (address >= judging->self->stack_low && address < judging->self->stack_high)
        return address >= judging->sp;
    const struct block_row *block = block_holding(address);
    return !block || block_state_of(block) != BLOCK_FREED;
}

static bool lies_in_the_programs_memory(unsigned kind)
{
    switch (kind) {
    case HANDLE_KIND_SEMAPHORE:
    case HANDLE_KIND_THREAD_ATTRIBUTES:
    case HANDLE_KIND_MUTEX_ATTRIBUTES:
    case HANDLE_KIND_CONDITION_ATTRIBUTES:
    case HANDLE_KIND_RWLOCK_ATTRIBUTES:
    case HANDLE_KIND_BARRIER_ATTRIBUTES:
    case HANDLE_KIND_SPAWN_ATTRIBUTES:
    case HANDLE_KIND_SPAWN_ACTIONS:
        return true;
    default:
        return false;
    }
}

static bool is_mapping(const struct handle_row *row)
{
    return row->kind == HANDLE_KIND_MAPPING || row->kind == HANDLE_KIND_SEGMENT;
}

/* A mapping is held when one piece of it is. */
static void judge_regions(const struct mark *mark)
{
    for (size_t i = 0; i < mark->region_count; i++)
        if (mark->regions[i].mark) {
            struct handle_row *row = ROW(SECTION_HANDLES, struct handle_row, mark->regions[i].row);
            __atomic_fetch_or(&row->flags, HANDLE_REACHED, __ATOMIC_RELAXED);
        }
}

static void judge(struct handle_row *row, void *with)
{
    const struct judging *judging = with;
    bool held;
    if (row->flags & (HANDLE_LOST | HANDLE_REACHED))
        return;
    if (is_mapping(row)) {
        if (judging->mark->region_count)
            __atomic_fetch_or(&row->flags, HANDLE_LOST, __ATOMIC_RELEASE);
        return;
    }
    if (lies_in_the_programs_memory(row->kind)) {
        held = place_is_held(judging, row->value);
    } else {
        uint32_t entry = entry_at(judging->mark->index, row->value);
        if (entry == ENTRY_NONE)
            return;
        held = mark_is_set(judging->mark->index, entry);
    }
    __atomic_fetch_or(&row->flags, held ? HANDLE_REACHED : HANDLE_LOST, __ATOMIC_RELEASE);
}

/* What belongs to a handle is told with it. */
static void keep(struct handle_row *row, void *with)
{
    struct mark *mark = with;
    const uint64_t words[] = {row->value, row->blocks[0], row->blocks[1]};
    for (unsigned i = 0; i < 3 && handle_is_the_programs(row->flags); i++) {
        uint32_t entry = words[i] ? entry_at(mark->index, words[i]) : ENTRY_NONE;
        if (entry != ENTRY_NONE)
            mark_entry(mark, entry);
    }
}

static void want(struct handle_row *row, void *with)
{
    *(bool *)with |= handle_is_the_programs(row->flags);
}

bool handle_scan_wanted(void)
{
    bool wanted = false;
    if (observing.handles)
        resource_each(want, &wanted);
    return wanted;
}

void handle_scan_judge(struct mark *mark, const struct thread *self, uintptr_t sp)
{
    struct judging judging = {mark, self, sp};
    if (!observing.handles)
        return;
    judge_regions(mark);
    resource_each(judge, &judging);
    resource_each(keep, mark);
    for (unsigned i = 0; i < CHAIN_ROOTS; i++)
        mark_word(mark, (uintptr_t)*chain_roots[i]);
    mark_chains(mark);
    mark_drain(mark);
}
