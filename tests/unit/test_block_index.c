/* From words to blocks: the index against a search through all blocks, and what marking reaches. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "shim/base/recording.h"
#include "shim/detect/fault.h"
#include "shim/detect/leaked.h"

static struct block_row rows[4096];

static void begin(struct block_index *index, bool foreign)
{
    section_start[SECTION_BLOCKS] = (unsigned char *)rows;
    cr_assert(block_index_begin(index, 4096, foreign));
}

static void add(struct block_index *index, uintptr_t start, uint64_t size)
{
    uint32_t row = index->count + 1;
    rows[row].head = start | (uint64_t)BLOCK_LIVE << BLOCK_STATE_SHIFT;
    rows[row].size_scope = size;
    cr_assert(block_index_append(index, start, size, row));
}

static uint32_t naive(const struct block_index *index, uintptr_t word)
{
    for (uint32_t i = 0; i < index->count; i++) {
        uint64_t size = block_size(&rows[i + 1]), start = index->entries[i].start;
        if (word >= start && word - start < (size ? size : 1))
            return i;
    }
    return ENTRY_NONE;
}

static void compare(const struct block_index *index, uintptr_t word)
{
    uint32_t found = word - index->low < index->span ? block_index_find(index, word) : ENTRY_NONE;
    cr_assert_eq(found, naive(index, word), "word %lx", word);
}

static void compare_around(const struct block_index *index)
{
    for (uint32_t i = 0; i < index->count; i++) {
        uintptr_t start = index->entries[i].start, end = start + block_size(&rows[i + 1]);
        for (uintptr_t word = start - 40; word < start + 40; word++)
            compare(index, word);
        for (uintptr_t word = end - 40; word < end + 40; word++)
            compare(index, word);
        compare(index, start + (end - start) / 2);
        for (uintptr_t word = start; word < end; word += 1 << 22)
            compare(index, word);
    }
}

/* Sizes from nothing to several regions of 16 MB, with and without room between. */
static void fill(struct block_index *index, uintptr_t grain, unsigned seed)
{
    static const uint64_t gaps[] = {0, 0, 0, 16, 64, 5000, 1 << 20, 40 << 20};
    uintptr_t at = 0x555500000010;
    srand(seed);
    for (int i = 0; i < 400; i++) {
        int kind = rand() % 100;
        uint64_t size = kind < 50   ? rand() % 64
                        : kind < 95 ? rand() % 5000
                        : kind < 98 ? rand() % (3 << 20)
                                    : rand() % (90 << 20);
        add(index, at, size);
        uint64_t step = size < grain ? grain : size;
        at += (step + grain - 1) / grain * grain + gaps[rand() % 8];
    }
    block_index_end(index);
}

Test(block_index, finds_what_a_search_finds)
{
    for (unsigned seed = 1; seed <= 3; seed++) {
        struct block_index index;
        begin(&index, false);
        fill(&index, 32, seed);
        compare_around(&index);
    }
}

Test(block_index, of_blocks_at_multiples_of_eight)
{
    struct block_index index;
    begin(&index, true);
    uintptr_t at = 0x7f0000000008;
    for (int i = 0; i < 500; i++, at += 24)
        add(&index, at, i % 2 ? 9 : 17);
    block_index_end(&index);
    compare_around(&index);
}

Test(block_index, larger_than_four_gigabytes)
{
    struct block_index index;
    begin(&index, false);
    add(&index, 0x7f0000000010, 9ull << 30);
    add(&index, 0x7f0000000020 + (9ull << 30), 100);
    block_index_end(&index);
    compare_around(&index);
}

Test(block_index, of_nothing)
{
    struct block_index index;
    begin(&index, false);
    block_index_end(&index);
    cr_expect_eq(index.span, 0u);
    cr_expect_eq(block_index_above(&index, 1000), 0u);
}

/* Blocks of 64 bytes in memory of the test. */
static uintptr_t memory[64][8] __attribute__((aligned(32)));

static void index_memory(struct block_index *index, int count)
{
    begin(index, false);
    for (int i = 0; i < count; i++)
        add(index, (uintptr_t)memory[i], sizeof memory[i]);
    block_index_end(index);
}

Test(mark, follows_pointers_to_any_byte)
{
    struct block_index index;
    struct mark mark;
    index_memory(&index, 6);
    memory[0][3] = (uintptr_t)memory[2] + 63;
    memory[2][7] = (uintptr_t)memory[4];
    memory[4][0] = (uintptr_t)memory[0];
    memory[1][0] = (uintptr_t)memory[3]; /* nobody holds 1 */
    uintptr_t root = (uintptr_t)memory[0];
    cr_assert(mark_begin(&mark, &index));
    fault_arm();
    mark_range(&mark, (uintptr_t)&root, (uintptr_t)(&root + 1));
    mark_drain(&mark);
    fault_disarm();
    for (uint32_t i = 0; i < 6; i++)
        cr_expect_eq(mark_is_set(&index, i), i == 0 || i == 2 || i == 4, "%u", i);
    cr_expect_not(mark.incomplete);
}

Test(mark, goes_on_where_memory_cannot_be_read)
{
    struct block_index index;
    struct mark mark;
    begin(&index, false);
    add(&index, 0x10000, 64); /* below vm.mmap_min_addr: never mapped */
    add(&index, (uintptr_t)memory[0], 64);
    add(&index, (uintptr_t)memory[1], 64);
    block_index_end(&index);
    memory[0][0] = (uintptr_t)memory[1];
    uintptr_t roots[] = {(uintptr_t)memory[0], 0x10000};
    cr_assert(mark_begin(&mark, &index));
    fault_arm();
    mark_range(&mark, 0x20000, 0x30000);
    mark_range(&mark, (uintptr_t)roots, (uintptr_t)(roots + 2));
    mark_drain(&mark);
    fault_disarm();
    cr_expect(mark.incomplete);
    cr_expect(mark_is_set(&index, 0) && mark_is_set(&index, 1) && mark_is_set(&index, 2));
}

/* Random graphs: the direct ones reach everything, and none can be left out. */
static uint64_t reach(const struct block_index *index, uint64_t from)
{
    uint64_t reached = from;
    for (uint64_t before = 0; before != reached;) {
        before = reached;
        for (uint32_t i = 0; i < index->count; i++)
            for (int k = 0; reached >> i & 1 && k < 8; k++) {
                uint32_t to = memory[i][k] ? naive(index, memory[i][k]) : ENTRY_NONE;
                reached |= to != ENTRY_NONE ? 1ull << to : 0;
            }
    }
    return reached;
}

Test(leaked, direct_ones_reach_all_and_each_is_needed)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        struct block_index index;
        struct mark mark;
        struct leaked leaked;
        int count = 3 + (int)(seed % 30);
        srand(seed);
        for (int i = 0; i < count; i++)
            for (int k = 0; k < 8; k++)
                memory[i][k] = k < 2 && rand() % 3 == 0 ? (uintptr_t)memory[rand() % count] : 0;
        index_memory(&index, count);
        cr_assert(mark_begin(&mark, &index));
        fault_arm();
        cr_assert(leaked_decide(&leaked, &mark));
        fault_disarm();
        uint64_t all = count == 64 ? ~0ull : (1ull << count) - 1, direct = 0;
        for (int i = 0; i < count; i++) {
            bool is_direct = leaked.verdict[i] == SCAN_DIRECT;
            cr_expect(is_direct || leaked.verdict[i] == SCAN_INDIRECT);
            direct |= (uint64_t)is_direct << i;
            if (!is_direct)
                cr_expect(reach(&index, 1ull << leaked.holder[i]) >> i & 1);
        }
        cr_expect_eq(reach(&index, direct), all, "seed %u", seed);
        for (int i = 0; i < count; i++)
            if (direct >> i & 1)
                cr_expect_neq(reach(&index, direct & ~(1ull << i)), all, "seed %u", seed);
    }
}
