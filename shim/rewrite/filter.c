#include "rewrite/filter.h"

#include <sys/mman.h>

#include "base/lock.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "state/shadow.h"

#define GIGABYTE (1ull << 30)
#define TERABYTE (1ull << 40)
#define NOT_THERE                                                                                  \
    "no address space for filters of accesses (overcommit, ulimit -v?): races=full does what "     \
    "races=calls does"

/* Where programs lie on x86-64 Linux: position-independent executables with their heap, and what is
   mapped, down from the stack (ELF_ET_DYN_BASE, mmap_base; arch/x86/include/asm/elf.h). */
static const struct window {
    uint64_t first, last; /* terabytes */
} windows[] = {{0x55, 0x57}, {0x7e, 0x7f}, {0x00, 0x00}};
/* The last one, for programs with fixed addresses, is out of reach of distances. */
#define WINDOWS_OF(form) ((form) == FORM_GS ? 2u : 3u)

/* Distances and flips, in terabytes, such that no array lies over a window. Each array takes the
   first where the system has nothing, which may be another array. 0 ends them. */
static const uint8_t distances[] = {0x10, 0x18, 0x20, 0x2c, 0x0c, 0x14, 0x1c,
                                    0x24, 0x30, 0x34, 0x38, 0x3c, 0};
static const uint8_t flips[] = {0x10, 0x20, 0x30, 0x40, 0x08, 0x18, 0x38, 0x48, 0x50, 0x60, 0};

struct filter filters[FILTERS];
enum rewrite_form filter_form;
uint64_t filter_map[(1u << 17) / 64];

static bool map_cells(const struct filter *filter, uintptr_t start, uintptr_t size)
{
    uintptr_t at = (uintptr_t)filter_cell(filter, start);
    if (at >> 47 || (at + size - 1) >> 47 || at < GIGABYTE)
        return false;
    long got =
        raw_syscall(SYS_mmap, at, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (raw_failed(got))
        return false;
    if ((uintptr_t)got != at) { /* a kernel before 4.17 takes the address for a hint */
        raw_syscall(SYS_munmap, got, size);
        return false;
    }
    own_pages_note(at, size);
    raw_syscall(SYS_madvise, at, size, MADV_WIPEONFORK);
    raw_syscall(SYS_madvise, at, size, MADV_DONTDUMP);
    /* A touched word must not cost two megabytes. */
    raw_syscall(SYS_madvise, at, size, MADV_NOHUGEPAGE);
    return true;
}

static void unmap_cells(const struct filter *filter, uintptr_t start, uintptr_t size)
{
    pages_unmap(filter_cell(filter, start), size);
}

static void note_cover(uintptr_t start, uintptr_t size)
{
    for (uintptr_t at = start; at < start + size; at += GIGABYTE)
        __atomic_fetch_or(&filter_map[at / GIGABYTE / 64], 1ull << at / GIGABYTE % 64,
                          __ATOMIC_RELEASE);
}

/* In all arrays, or in none. */
static bool cover(uintptr_t start, uintptr_t size)
{
    for (uint32_t i = 0; i < FILTERS; i++)
        if (!map_cells(&filters[i], start, size)) {
            while (i--)
                unmap_cells(&filters[i], start, size);
            return false;
        }
    note_cover(start, size);
    return true;
}

static uintptr_t window_start(uint32_t i)
{
    return windows[i].first * TERABYTE;
}

static uintptr_t window_size(uint32_t i)
{
    return (windows[i].last + 1 - windows[i].first) * TERABYTE;
}

/* The first count windows of one array, no more. */
static void unmap_windows(const struct filter *filter, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        unmap_cells(filter, window_start(i), window_size(i));
}

static bool map_windows(const struct filter *filter, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!map_cells(filter, window_start(i), window_size(i))) {
            unmap_windows(filter, i);
            return false;
        }
    return true;
}

bool filter_start_up(enum rewrite_form form)
{
    uint32_t count = WINDOWS_OF(form), made = 0;
    const uint8_t *next = form == FORM_GS ? distances : flips;
    filter_form = form;
    for (; *next && made < FILTERS; next++) {
        struct filter *filter = &filters[made];
        *filter = (struct filter){0};
        if (form == FORM_GS)
            filter->distance = -(int64_t)(*next * TERABYTE);
        else
            filter->flip = *next * TERABYTE;
        made += map_windows(filter, count);
    }
    if (made < FILTERS) {
        while (made--)
            unmap_windows(&filters[made], count);
        say_unobserved(UNOBSERVED_RACES, NOT_THERE);
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        note_cover(window_start(i), window_size(i));
    shadow_page_cost = 3 + FILTERS;
    return true;
}

bool filter_cover(uintptr_t address)
{
    if (address >> 47 || filter_form == FORM_MOVE_ONLY)
        return false;
    /* Two threads that meet here: one maps, the other is refused, and finds it mapped. */
    return filter_has(address) || cover(address & ~(GIGABYTE - 1), GIGABYTE) || filter_has(address);
}

void filter_clear(const struct filter *filter, uintptr_t start, uintptr_t end)
{
    start &= ~(uintptr_t)3;
    for (; start < end && start % 8; start += 4)
        if (filter_has(start))
            __atomic_store_n(filter_cell(filter, start), 0, __ATOMIC_RELAXED);
    for (; start < end; start += 8) {
        /* Reading a page that was never touched costs no memory. */
        uint64_t *cells = (uint64_t *)filter_cell(filter, start);
        if (filter_has(start) && __atomic_load_n(cells, __ATOMIC_RELAXED))
            __atomic_store_n(cells, 0, __ATOMIC_RELAXED);
    }
}

/* Whole pages within one gigabyte. */
static void give_back(uintptr_t start, uintptr_t end)
{
    for (uint32_t i = 0; i < FILTERS; i++)
        raw_syscall(SYS_madvise, filter_cell(&filters[i], start), end - start, MADV_DONTNEED);
}

void filter_empty(uintptr_t start, uintptr_t end)
{
    uintptr_t low = (start + 4095) & ~4095ul, high = end & ~4095ul;
    if (low >= high)
        low = high = end;
    for (uint32_t i = 0; i < FILTERS; i++) {
        filter_clear(&filters[i], start, low);
        filter_clear(&filters[i], high, end);
    }
    while (low < high) {
        uintptr_t next = (low | (GIGABYTE - 1)) + 1;
        if (filter_has(low))
            give_back(low, next < high ? next : high);
        low = next;
    }
}

/* ---- tags ---- */

uint32_t tag_blocks = TAG_BLOCKS_MOST;
uint64_t tag_rounds;

/* LOCK_TAGS: which blocks somebody has, and which somebody had when the arrays were emptied last:
   there may be cells with their tags. */
static uint64_t held[(TAG_BLOCKS_MOST + 63) / 64], held_then[(TAG_BLOCKS_MOST + 63) / 64];
static uint32_t next_block;

static uint32_t tag_of(uint32_t number)
{
    uint32_t second = 1 + number % 31, rest = number / 31;
    return 4u | (rest & 31) << 3 | second << 11 | (rest >> 5 & 31) << 19 | (rest >> 10) << 26;
}

static bool bit(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* LOCK_TAGS held. */
static void round_again(void)
{
    for (uint32_t i = 0; i < sizeof held / sizeof held[0]; i++)
        held_then[i] = held[i];
    for (uint32_t gigabyte = 0; gigabyte < 1u << 17;) {
        if (!filter_has((uintptr_t)gigabyte * GIGABYTE)) {
            gigabyte++;
            continue;
        }
        uint32_t end = gigabyte;
        while (end < 1u << 17 && filter_has((uintptr_t)end * GIGABYTE))
            end++;
        give_back(gigabyte * GIGABYTE, end * GIGABYTE);
        gigabyte = end;
    }
    next_block = 0;
    tag_rounds++;
}

/* LOCK_TAGS held. False: all are held. */
static bool find_block(uint32_t *ret_block)
{
    for (uint32_t tries = 0; tries < 2; tries++) {
        while (next_block < tag_blocks && (bit(held, next_block) || bit(held_then, next_block)))
            next_block++;
        if (next_block < tag_blocks) {
            *ret_block = next_block++;
            return true;
        }
        round_again();
    }
    return false;
}

static __attribute__((noinline)) bool next_tags(struct tag_block *block)
{
    uint32_t found;
    /* Arrays that are being emptied take their time: nobody waits. */
    if (!lock_try(LOCK_TAGS))
        return false;
    if (block->end) {
        uint32_t had = block->end / TAG_BLOCK - 1;
        held[had / 64] &= ~(1ull << had % 64);
    }
    block->next = block->end = 0;
    if (find_block(&found)) {
        held[found / 64] |= 1ull << found % 64;
        block->next = found * TAG_BLOCK;
        block->end = block->next + TAG_BLOCK;
    }
    lock_give(LOCK_TAGS);
    return block->end != 0;
}

uint32_t tag_take(struct tag_block *block)
{
    if (unlikely(block->next == block->end) && !next_tags(block))
        return 0;
    return tag_of(block->next++);
}

void filter_after_fork(void)
{
    mem_clear(held, sizeof held);
    mem_clear(held_then, sizeof held_then);
    next_block = 0;
}
