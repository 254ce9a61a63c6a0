#include "state/block.h"

#include <sys/mman.h>
#include <sys/uio.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/syscall.h"

#define REGION_COUNT (1ull << (47 - BLOCK_REGION_SHIFT))
#define REGION_MASK  ((1ull << BLOCK_REGION_SHIFT) - 1)
#define ROWS_AT_ONCE 64u /* rows that a thread reserves in one go */

unsigned block_window_shift = 5;
uint64_t block_unseen;

/* Where large blocks are, so that an address deep inside one need not be looked for window by
   window. An entry whose block is gone is the next one's. What finds no room here is found slowly.
 */
#define LARGE_BLOCK  (16u << 10)
#define LARGE_BLOCKS 256u
static uint32_t large_blocks[LARGE_BLOCKS]; /* row, 0 never used; atomic */
/* Where those blocks are, so that looking for an address touches no row but its own. A hint:
   written after the row, by who put it there. */
static struct {
    uintptr_t start, end; /* atomic */
} large_ranges[LARGE_BLOCKS];

void (*block_grew)(struct thread *self);
#define GROWTH_ROWS  64u /* the least after which block_grew is called */
#define GROWTH_BYTES (64u << 10)
static uint64_t growth_rows;  /* rows at which it is called; atomic */
static uint64_t growth_bytes; /* bytes of large blocks left until then; atomic */

static uint32_t **regions; /* REGION_COUNT pointers; entries written under LOCK_REGIONS */

/* Behind a region's windows: a bit for each that has a row, and a bit for each word of these that
   is not zero. So a stretch without blocks is passed over as fast as one with them. */
#define WINDOWS ((size_t)1 << (BLOCK_REGION_SHIFT - block_window_shift))

static inline uint64_t *used_windows(const uint32_t *region)
{
    return (uint64_t *)(uintptr_t)(region + WINDOWS);
}

static inline uint64_t *used_words(const uint32_t *region)
{
    return used_windows(region) + WINDOWS / 64;
}

static void note_used(const uint32_t *region, size_t window)
{
    __atomic_fetch_or(&used_windows(region)[window / 64], 1ull << window % 64, __ATOMIC_RELAXED);
    __atomic_fetch_or(&used_words(region)[window / 64 / 64], 1ull << window / 64 % 64,
                      __ATOMIC_RELAXED);
}

/* The highest set bit at or below `from`; NONE. */
#define NONE SIZE_MAX
static inline size_t bit_below(const uint64_t *bits, size_t from, size_t words_back)
{
    size_t word = from / 64;
    uint64_t left = __atomic_load_n(&bits[word], __ATOMIC_RELAXED) & ~0ull >> (63 - from % 64);
    while (!left && word && words_back--)
        left = __atomic_load_n(&bits[--word], __ATOMIC_RELAXED);
    return left ? word * 64 + 63 - (size_t)__builtin_clzll(left) : NONE;
}

/* The highest window at or below `from` that has a row; NONE. */
static inline size_t used_below(const uint32_t *region, size_t from)
{
    size_t window = bit_below(used_windows(region), from, 0);
    if (window != NONE || from < 64)
        return window;
    size_t word = bit_below(used_words(region), from / 64 - 1, NONE);
    return word == NONE ? NONE : bit_below(used_windows(region), word * 64 + 63, 0);
}

bool block_start_up(bool foreign)
{
    block_window_shift = foreign ? 4 : 5;
    block_unseen = 0;
    mem_clear(large_blocks, sizeof large_blocks);
    mem_clear(large_ranges, sizeof large_ranges);
    /* In a child the old table is there already, wiped. */
    if (!regions)
        regions = pages_map_wiped(REGION_COUNT * sizeof *regions);
    struct section *section = &recording->sections[SECTION_BLOCKS - 1];
    if (section->used == 0)
        section_reserve(SECTION_BLOCKS, sizeof(struct block_row)); /* row 0 means none */
    return regions != NULL;
}

uint32_t *block_region(uintptr_t address)
{
    uintptr_t index = address >> BLOCK_REGION_SHIFT;
    if (unlikely(index >= REGION_COUNT || !regions))
        return NULL;
    return __atomic_load_n(&regions[index], __ATOMIC_ACQUIRE);
}

static __attribute__((noinline)) uint32_t *region_make(uintptr_t address)
{
    uintptr_t index = address >> BLOCK_REGION_SHIFT;
    if (index >= REGION_COUNT || !regions)
        return NULL;
    lock_take(LOCK_REGIONS);
    uint32_t *region = regions[index];
    if (!region) {
        region = pages_map_wiped(WINDOWS * sizeof *region + WINDOWS / 8 + WINDOWS / 64 / 8);
        /* Publishes a zeroed table. Pairs with the acquire in block_region(). */
        __atomic_store_n(&regions[index], region, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_REGIONS);
    return region;
}

static inline uint32_t *window_of(uint32_t *region, uintptr_t address)
{
    return &region[(address & REGION_MASK) >> block_window_shift];
}

static inline struct block_row *row_at(uint32_t index)
{
    return ROW(SECTION_BLOCKS, struct block_row, index);
}

void block_growth_after(uint64_t rows, uint64_t bytes)
{
    __atomic_store_n(&growth_rows, rows < GROWTH_ROWS ? GROWTH_ROWS : 2 * rows, __ATOMIC_RELAXED);
    __atomic_store_n(&growth_bytes, bytes < GROWTH_BYTES ? GROWTH_BYTES : bytes, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) uint32_t take_rows(struct thread *self)
{
    uint64_t used =
        __atomic_load_n(&recording->sections[SECTION_BLOCKS - 1].used, __ATOMIC_RELAXED);
    if (block_grew &&
        used >= __atomic_load_n(&growth_rows, __ATOMIC_RELAXED) * sizeof(struct block_row))
        block_grew(self);
    struct block_row *rows =
        section_reserve(SECTION_BLOCKS, ROWS_AT_ONCE * sizeof(struct block_row));
    if (!rows)
        return 0;
    self->block_next = (uint32_t)(rows - row_at(0));
    self->block_end = self->block_next + ROWS_AT_ONCE;
    return self->block_next++;
}

/* Bytes of a block that block_holding may not find the beginning of. */
#define BLOCK_LONG (512u << 10)
static bool long_block_seen;

static void large_grows(struct thread *self, uint64_t size)
{
    int64_t bytes = (int64_t)__atomic_sub_fetch(&growth_bytes, size, __ATOMIC_RELAXED);
    if (bytes <= 0 && block_grew)
        block_grew(self);
}

static __attribute__((noinline)) void note_large(struct thread *self, uint32_t index, uint64_t size)
{
    large_grows(self, size);
    const struct block_row *row = row_at(index);
    for (uint32_t i = 0; i < LARGE_BLOCKS; i++) {
        uint32_t old = __atomic_load_n(&large_blocks[i], __ATOMIC_RELAXED);
        if ((!old || block_state_of(row_at(old)) != BLOCK_LIVE || old == index) &&
            __atomic_compare_exchange_n(&large_blocks[i], &old, index, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            __atomic_store_n(&large_ranges[i].start, block_address(row), __ATOMIC_RELAXED);
            __atomic_store_n(&large_ranges[i].end, block_address(row) + block_size(row),
                             __ATOMIC_RELAXED);
            return;
        }
    }
}

void block_born(struct thread *self, uintptr_t address, uint64_t size, enum block_family family,
                uint32_t stack)
{
    uint32_t *region = block_region(address);
    if (unlikely(!region) && !(region = region_make(address)))
        return;
    uint32_t *window = window_of(region, address);
    uint32_t index = *window;
    self->births++;
    if (!index) {
        index = likely(self->block_next < self->block_end) ? self->block_next++ : take_rows(self);
        if (unlikely(!index)) {
            __atomic_fetch_add(&block_unseen, 1, __ATOMIC_RELAXED);
            return;
        }
        note_used(region, (size_t)(window - region));
    }
    if (unlikely(size > BLOCK_LONG))
        __atomic_store_n(&long_block_seen, true, __ATOMIC_RELAXED);
    struct block_row *row = row_at(index);
    /* A reader that copies the row meanwhile sees head change. */
    __atomic_store_n(&row->head, 0, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    row->size_scope = (size & BLOCK_SIZE_MASK) | (uint64_t)self->scope << BLOCK_SCOPE_SHIFT;
    row->stack = stack;
    row->thread = self->number;
    row->checkpoint = recording->checkpoint;
    row->freed_stack = 0;
    /* Publishes the row. Pairs with the acquire of readers and of the scan. */
    __atomic_store_n(&row->head,
                     address | (uint64_t)BLOCK_LIVE << BLOCK_STATE_SHIFT |
                         (uint64_t)family << BLOCK_FAMILY_SHIFT,
                     __ATOMIC_RELEASE);
    if (unlikely(size >= LARGE_BLOCK))
        note_large(self, index, size);
    *window = index;
}

void block_gone(uintptr_t address)
{
    uint32_t *region = block_region(address);
    uint32_t index = region ? *window_of(region, address) : 0;
    if (index)
        __atomic_store_n(&row_at(index)->head, 0, __ATOMIC_RELEASE);
}

void block_forget(uintptr_t address)
{
    if (!address)
        return;
    __atomic_fetch_add(&block_unseen, 1, __ATOMIC_RELAXED);
    block_gone(address);
}

struct block_row *block_find(uintptr_t address)
{
    uint32_t *region = block_region(address);
    uint32_t index = region ? *window_of(region, address) : 0;
    if (!index)
        return NULL;
    struct block_row *row = row_at(index);
    return likely((row->head & BLOCK_ADDRESS_MASK) == address && row->head) ? row : NULL;
}

static inline void set_state(struct block_row *row, enum block_state state)
{
    uint64_t head = row->head & ~(0xffull << BLOCK_STATE_SHIFT);
    __atomic_store_n(&row->head, head | (uint64_t)state << BLOCK_STATE_SHIFT, __ATOMIC_RELEASE);
}

void block_dying(struct block_row *row, uint32_t stack)
{
    row->freed_stack = stack;
    set_state(row, BLOCK_FREED);
}

void block_moving(struct block_row *row)
{
    set_state(row, BLOCK_MOVING);
}

void block_stays(struct block_row *row)
{
    set_state(row, BLOCK_LIVE);
}

static bool is_live(const struct block_row *row)
{
    enum block_state state = block_state_of(row);
    return state == BLOCK_LIVE || state == BLOCK_MOVING;
}

/* Highest window of a region at or below `from` that holds a live block. */
static struct block_row *last_live(uint32_t *region, size_t from)
{
    for (size_t i = used_below(region, from); i != NONE; i = i ? used_below(region, i - 1) : NONE)
        if (region[i] && is_live(row_at(region[i])))
            return row_at(region[i]);
    return NULL;
}

struct block_row *block_around(uintptr_t address)
{
    uintptr_t top = address >> BLOCK_REGION_SHIFT;
    size_t last = WINDOWS - 1;
    if (!regions || top >= REGION_COUNT)
        return NULL;
    /* A block that began in an earlier region: look back over as many regions as the largest block
       could span (64 GB); nearly all of them have no table, so this is a walk over a few pages of
       pointers. */
    for (uintptr_t r = top; r + 4096 > top && r < REGION_COUNT; r--) {
        uint32_t *region = __atomic_load_n(&regions[r], __ATOMIC_ACQUIRE);
        if (!region)
            continue;
        size_t from = r == top ? (address & REGION_MASK) >> block_window_shift : last;
        struct block_row *row = last_live(region, from);
        if (row && block_address(row) > address) /* starts later in the same window */
            row = from ? last_live(region, from - 1) : NULL;
        if (row) {
            uint64_t size = block_size(row);
            return address - block_address(row) < (size ? size : 1) ? row : NULL;
        }
    }
    return NULL;
}

/* How far block_holding looks back, in windows. */
#define WINDOWS_BACK (BLOCK_LONG >> block_window_shift)

static inline bool holds(const struct block_row *row, uintptr_t address)
{
    uint64_t size = block_size(row);
    return address - block_address(row) < (size ? size : 1);
}

#define SLACK_MOST  32u /* glibc's smallest chunk: what is left over behind a block is less */
#define CHUNK_FLAGS 7ul /* in the size of a chunk, which lies in the word before its block */

/* Does address lie behind what was asked for, but in what malloc_usable_size() says? Only glibc's
   own word for it tells; read through the kernel, since another thread may give the block back. */
static bool in_slack(const struct block_row *row, uintptr_t address)
{
    uintptr_t start = block_address(row), head = 0;
    if (block_window_shift != 5 || address - (start + block_size(row)) >= SLACK_MOST)
        return false;
    struct iovec here = {.iov_base = &head, .iov_len = sizeof head};
    struct iovec there = {.iov_base = (void *)(start - sizeof head), .iov_len = sizeof head};
    if (raw_syscall(SYS_process_vm_readv, raw_syscall(SYS_getpid), &here, 1, &there, 1, 0) !=
        (long)sizeof head)
        return false;
    /* Another allocator's block has anything there. */
    uint64_t size = block_size(row), usable = (head & ~CHUNK_FLAGS) - sizeof head;
    return usable >= size && usable - size < SLACK_MOST && address - start < usable;
}

/* Looks at the windows of one region from `from` down to `least`. True when that settles it. */
static bool look_back(const uint32_t *region, size_t from, size_t least, uintptr_t address,
                      struct block_row **found)
{
    for (size_t i = used_below(region, from); i != NONE && i >= least;
         i = i ? used_below(region, i - 1) : NONE) {
        struct block_row *row = region[i] ? row_at(region[i]) : NULL;
        if (!row || !row->head || block_address(row) > address)
            continue;
        /* Live blocks do not overlap: what begins before the nearest one ends before it. A freed
           one that begins inside it has lost its memory to it, all of it as far as we can tell:
           programs also use what malloc_usable_size() says behind the size that they asked for. */
        if (is_live(row)) {
            if (holds(row, address))
                *found = row;
            else if (*found &&
                     (holds(row, block_address(*found)) || in_slack(row, block_address(*found))))
                *found = NULL;
            return true;
        }
        if (!*found && block_state_of(row) == BLOCK_FREED && holds(row, address))
            *found = row;
    }
    return false;
}

/* A live block among the large ones. */
static struct block_row *large_holding(uintptr_t address)
{
    for (uint32_t i = 0; i < LARGE_BLOCKS; i++) {
        uintptr_t end = __atomic_load_n(&large_ranges[i].end, __ATOMIC_RELAXED);
        if (!end)
            break;
        if (address >= end || address < __atomic_load_n(&large_ranges[i].start, __ATOMIC_RELAXED))
            continue;
        struct block_row *row = row_at(__atomic_load_n(&large_blocks[i], __ATOMIC_RELAXED));
        if (is_live(row) && holds(row, address))
            return row;
    }
    return NULL;
}

/* Windows that are looked at before the large blocks are: most blocks are small, and the nearest
   live one settles it. */
#define WINDOWS_NEAR 64u

struct block_row *block_holding(uintptr_t address)
{
    size_t from = (address & REGION_MASK) >> block_window_shift;
    size_t least = from > WINDOWS_BACK ? from - WINDOWS_BACK : 0;
    size_t near = from > WINDOWS_NEAR ? from - WINDOWS_NEAR : 0;
    size_t last = REGION_MASK >> block_window_shift;
    struct block_row *found = NULL;
    const uint32_t *region = block_region(address);
    if (region && look_back(region, from, near, address, &found))
        return found;
    struct block_row *large = large_holding(address);
    if (large)
        return large;
    if (region && near > least && look_back(region, near - 1, least, address, &found))
        return found;
    region = least ? NULL : block_region(address - (REGION_MASK + 1));
    if (region && look_back(region, last, last - (WINDOWS_BACK - from), address, &found))
        return found;
    /* A live block that is longer than what was looked at may lie over a freed one. */
    return __atomic_load_n(&long_block_seen, __ATOMIC_RELAXED) ? NULL : found;
}

void block_forget_freed(uintptr_t start, uintptr_t end)
{
    while (start < end) {
        uintptr_t next = (start | REGION_MASK) + 1, stop = next < end ? next : end;
        uint32_t *region = block_region(start);
        for (uintptr_t at = start; region && at < stop; at += 1ul << block_window_shift) {
            uint32_t index = *window_of(region, at);
            if (index && block_state_of(row_at(index)) == BLOCK_FREED)
                __atomic_store_n(&row_at(index)->head, 0, __ATOMIC_RELEASE);
        }
        start = next;
    }
}

bool block_any(void)
{
    uint64_t rows = recording->sections[SECTION_BLOCKS - 1].used / sizeof(struct block_row);
    for (uint64_t i = 1; i < rows; i++)
        if (is_live(row_at((uint32_t)i)))
            return true;
    return false;
}

void block_each(void (*visit)(struct block_row *row, void *with), void *with)
{
    size_t windows = WINDOWS;
    for (uintptr_t r = 0; regions && r < REGION_COUNT; r++) {
        uint32_t *region = regions[r];
        for (size_t i = 0; region && i < windows; i++)
            if (region[i] && is_live(row_at(region[i])))
                visit(row_at(region[i]), with);
    }
}
