#include "state/shadow.h"

#include <sys/mman.h>
#include <time.h>

#include "base/lock.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "state/options.h"
#include "state/record_set.h"

#define PAGE         4096u
#define PAGES        (SHADOW_REGION_SIZE / PAGE)
#define MAPPING_SIZE (SHADOW_LOCATIONS + SHADOW_REGION_SIZE / 4 / 4)

/* Room that sets may have before anything is touched: one granule of a small program may have many
   readers. */
#define SETS_ROOM_LEAST (1ull << 20)

/* A holder that lost its processor gets it back within a second, however busy the machine is; one
   that a signal handler interrupted may never come back. How often a locked granule is looked at
   again, yielding at first and then sleeping 100 us: until somebody was given up on for the first
   time, and after that. */
#define LOCK_YIELDS      200u
#define LOCK_TRIES       10000u
#define LOCK_TRIES_LATER 500u

unsigned char **shadow_regions;
uint64_t shadow_pages, shadow_lost;
uint32_t shadow_page_cost = 3;

/* The system refused memory for a region: no more are asked for. */
static bool short_of_memory;

bool shadow_start_up(void)
{
    if (!shadow_regions)
        shadow_regions = pages_map(SHADOW_REGIONS * sizeof *shadow_regions);
    if (!shadow_regions)
        say_unobserved(UNOBSERVED_RACES, "no memory to watch accesses: races are not looked for");
    return shadow_regions != NULL;
}

static unsigned char *region_make(uintptr_t address)
{
    unsigned char **at = &shadow_regions[address >> SHADOW_REGION_SHIFT];
    lock_take(LOCK_SHADOW);
    unsigned char *region = *at;
    if (!region && !short_of_memory) {
        region = pages_map_wiped(MAPPING_SIZE);
        short_of_memory = !region;
        __atomic_store_n(at, region, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_SHADOW);
    if (!region)
        say_unobserved(UNOBSERVED_RACES,
                       "no memory to watch all accesses: some races are not looked for");
    return region;
}

uint64_t *shadow_make(uintptr_t address)
{
    uint64_t *cells = shadow_cells(address);
    if (likely(cells) || address >> 47 ||
        (short_of_memory && (recording->unobserved & UNOBSERVED_RACES)))
        return cells;
    return region_make(address) ? shadow_cells(address) : NULL;
}

static uint64_t *bits_of(uintptr_t address, uint64_t *ret_bit)
{
    uint64_t page = (address & (SHADOW_REGION_SIZE - 1)) / PAGE;
    *ret_bit = 1ull << page % 64;
    return (uint64_t *)(shadow_regions[address >> SHADOW_REGION_SHIFT] + SHADOW_PAGES) + page / 64;
}

bool shadow_touch(uintptr_t address)
{
    uint64_t bit, *bits = bits_of(address, &bit);
    if (likely(__atomic_load_n(bits, __ATOMIC_RELAXED) & bit))
        return true;
    uint64_t limit = options.number[OPTION_SHADOW_SIZE];
    uint64_t pages = __atomic_load_n(&shadow_pages, __ATOMIC_RELAXED) + 1;
    /* Sets go when there is no room, lists do not. */
    uint64_t lists = __atomic_load_n(&record_list_bytes, __ATOMIC_RELAXED);
    if (limit && pages * shadow_page_cost * PAGE + lists > limit) {
        say_unobserved(UNOBSERVED_RACES,
                       "shadow_size is used up: accesses to more memory are not watched");
        return false;
    }
    if (!(__atomic_fetch_or(bits, bit, __ATOMIC_RELAXED) & bit))
        __atomic_fetch_add(&shadow_pages, 1, __ATOMIC_RELAXED);
    return true;
}

uint64_t shadow_room_for_sets(void)
{
    uint64_t pages = __atomic_load_n(&shadow_pages, __ATOMIC_RELAXED);
    uint64_t limit = options.number[OPTION_SHADOW_SIZE];
    if (!limit)
        return SETS_ROOM_LEAST + pages * PAGE;
    uint64_t used = pages * shadow_page_cost * PAGE;
    return limit > used ? limit - used : 0;
}

static bool line_try(uint64_t *line, uint64_t *ret_first)
{
    uint64_t first = __atomic_load_n(line, __ATOMIC_RELAXED);
    *ret_first = first;
    return !(first & CELL_LOCKED) &&
           __atomic_compare_exchange_n(line, &first, first | CELL_LOCKED, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

bool shadow_lock_slow(uint64_t *line, uint64_t *ret_first)
{
    const struct timespec nap = {.tv_nsec = 100000};
    uint32_t most = __atomic_load_n(&shadow_lost, __ATOMIC_RELAXED) ? LOCK_TRIES_LATER : LOCK_TRIES;
    for (uint32_t tries = 0; tries < most; tries++) {
        for (int spins = 0; spins < 64; spins++) {
            if (line_try(line, ret_first))
                return true;
            __builtin_ia32_pause();
        }
        if (tries < LOCK_YIELDS)
            raw_syscall(SYS_sched_yield);
        else
            raw_syscall(SYS_nanosleep, &nap, NULL);
    }
    __atomic_fetch_add(&shadow_lost, 1, __ATOMIC_RELAXED);
    return false;
}

void shadow_each_touched(uintptr_t start, uintptr_t end,
                         void (*visit)(uintptr_t start, uintptr_t end, void *with), void *with)
{
    if (end > 1ull << 47)
        end = 1ull << 47;
    while (start < end) {
        if (!shadow_regions[start >> SHADOW_REGION_SHIFT]) {
            start = (start | (SHADOW_REGION_SIZE - 1)) + 1;
            continue;
        }
        uint64_t bit, *bits = bits_of(start, &bit);
        if (!__atomic_load_n(bits, __ATOMIC_RELAXED)) {
            start = (start | (64 * PAGE - 1)) + 1;
            continue;
        }
        uintptr_t next = (start | (PAGE - 1)) + 1;
        if (*bits & bit)
            visit(start, next < end ? next : end, with);
        start = next;
    }
}

/* Count granules of one line. */
static void forget_in_line(uint64_t *cell, uint64_t count)
{
    uint64_t any = 0, links[LINE / GRANULE];
    for (uint64_t i = 0; i < 2 * count; i++)
        any |= __atomic_load_n(&cell[i], __ATOMIC_RELAXED);
    if (likely(!any) || !shadow_lock(cell))
        return;
    for (uint64_t i = 0; i < count; i++) {
        links[i] = cell[2 * i + 1];
        __atomic_store_n(&cell[2 * i + 1], 0, __ATOMIC_RELAXED);
        cell_put(&cell[2 * i], 0);
    }
    shadow_unlock(cell);
    for (uint64_t i = 0; i < count; i++)
        if (cell_is_link(links[i]))
            record_set_drop(links[i]);
}

static uint8_t location_bits(uintptr_t address, size_t size)
{
    unsigned first = address & 4 ? 1 : 0, last = (address + size - 1) & 4 ? 1 : 0;
    return (uint8_t)((1u << first | 1u << last) << (address >> 1 & 4));
}

void shadow_location_set(uintptr_t address, size_t size)
{
    __atomic_fetch_or(shadow_location_byte(address), location_bits(address, size),
                      __ATOMIC_SEQ_CST);
}

void shadow_location_clear(uintptr_t address, size_t size)
{
    uint8_t bits = location_bits(address, size);
    __atomic_fetch_and(shadow_location_byte(address), (uint8_t) ~(bits | bits << 2),
                       __ATOMIC_SEQ_CST);
}

void shadow_undecided_set(uintptr_t address, size_t size)
{
    __atomic_fetch_or(shadow_location_byte(address), (uint8_t)(location_bits(address, size) << 2),
                      __ATOMIC_SEQ_CST);
}

/* Of one line. Most have none. */
static inline void forget_locations(uintptr_t start, uintptr_t end)
{
    if (likely(!__atomic_load_n((uint16_t *)shadow_location_byte(start & -(uintptr_t)LINE),
                                __ATOMIC_RELAXED)))
        return;
    for (; start < end; start += GRANULE)
        shadow_location_clear(start, GRANULE);
}

/* Both of one page. */
static void forget_part(uintptr_t start, uintptr_t end)
{
    while (start < end) {
        uintptr_t next = (start | (LINE - 1)) + 1;
        if (next > end)
            next = end;
        forget_in_line(shadow_cells(start), (next - start) / GRANULE);
        forget_locations(start, next);
        start = next;
    }
}

/* A whole page: its shadow goes back to the system. */
static void forget_page(uintptr_t page)
{
    uint64_t bit, *bits = bits_of(page, &bit);
    forget_part(page, page + PAGE);
    if (!(__atomic_fetch_and(bits, ~bit, __ATOMIC_RELAXED) & bit))
        return;
    __atomic_fetch_sub(&shadow_pages, 1, __ATOMIC_RELAXED);
    raw_syscall(SYS_madvise, shadow_cells(page), 2 * PAGE, MADV_DONTNEED);
    raw_syscall(SYS_madvise, shadow_contexts(page), PAGE, MADV_DONTNEED);
}

static void forget_visited(uintptr_t start, uintptr_t end, void *with)
{
    const uintptr_t *least = with;
    if (start % PAGE == 0 && end - start == PAGE && *least)
        forget_page(start);
    else
        forget_part(start, end);
}

void shadow_forget(uintptr_t start, uintptr_t end)
{
    /* A page or two are not worth system calls: they will soon be used again. */
    uintptr_t many = end - start >= 16 * PAGE;
    shadow_each_touched(start, end, forget_visited, &many);
}

void shadow_after_fork(void)
{
    /* Regions stay mapped and read as zero (MADV_WIPEONFORK). */
    shadow_pages = shadow_lost = 0;
    record_set_after_fork();
}
