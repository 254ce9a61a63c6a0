/* The block table against a naive model: a plain list of what is live. Addresses are made up: the
   table never looks at the memory itself. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/recording.h"
#include "state/block.h"

static char path[64];
static struct thread self = {.number = 1};

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-block-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 28), 0);
    cr_assert(block_start_up(false));
}

static void end(void)
{
    recording_leave();
    unlink(path);
}

TestSuite(block, .init = begin, .fini = end);

Test(block, is_found_only_at_its_address)
{
    uintptr_t at = 0x7f0000001010;
    block_born(&self, at, 100, FAMILY_MALLOC, 7);
    cr_assert_not_null(block_find(at));
    cr_expect_eq(block_find(at)->stack, 7u);
    cr_expect_eq(block_size(block_find(at)), 100u);
    cr_expect_null(block_find(at + 16));
    cr_expect_null(block_find(at - 16));
    cr_expect_null(block_find(0));
    cr_expect_null(block_find(UINTPTR_MAX));
}

Test(block, is_found_from_inside_and_not_from_beside)
{
    uintptr_t at = 0x7f00ffffffd0; /* its end lies in the next 16 MB region */
    block_born(&self, at, 0x3000000, FAMILY_NEW, 1);
    cr_expect_eq(block_around(at), block_find(at));
    cr_expect_eq(block_around(at + 1), block_find(at));
    cr_expect_eq(block_around(at + 0x2ffffff), block_find(at));
    cr_expect_null(block_around(at + 0x3000000));
    cr_expect_null(block_around(at - 1));
}

Test(block, of_size_zero_counts_at_its_address)
{
    uintptr_t at = 0x555500001000;
    block_born(&self, at, 0, FAMILY_MALLOC, 1);
    cr_expect_eq(block_around(at), block_find(at));
    cr_expect_null(block_around(at + 1));
}

Test(block, freed_stays_known_until_its_address_is_used_again)
{
    uintptr_t at = 0x555500002000;
    block_born(&self, at, 64, FAMILY_MALLOC, 1);
    block_dying(block_find(at), 9);
    cr_assert_not_null(block_find(at));
    cr_expect_eq(block_state_of(block_find(at)), BLOCK_FREED);
    cr_expect_eq(block_find(at)->freed_stack, 9u);
    cr_expect_null(block_around(at + 8));
    block_born(&self, at, 32, FAMILY_NEW_ARRAY, 2);
    cr_expect_eq(block_state_of(block_find(at)), BLOCK_LIVE);
    cr_expect_eq(block_family_of(block_find(at)), FAMILY_NEW_ARRAY);
    cr_expect_eq(block_find(at)->freed_stack, 0u);
}

Test(block, forgotten_is_unknown_and_counted_as_unseen)
{
    uintptr_t at = 0x555500003000;
    block_born(&self, at, 64, FAMILY_MALLOC, 1);
    uint64_t before = block_unseen;
    block_forget(at);
    cr_expect_null(block_find(at));
    cr_expect_eq(block_unseen, before + 1);
}

Test(block, gone_without_being_seen_is_neither_live_nor_unseen)
{
    uintptr_t at = 0x555500004000;
    block_born(&self, at, 64, FAMILY_MALLOC, 1);
    uint64_t before = block_unseen;
    block_gone(at);
    cr_expect_null(block_find(at));
    cr_expect_null(block_around(at + 8));
    cr_expect_eq(block_unseen, before);
}

#define MODEL_MAX 4096
struct model {
    uintptr_t at[MODEL_MAX];
    uint64_t size[MODEL_MAX];
    int count;
};

static int model_around(const struct model *model, uintptr_t address)
{
    for (int i = 0; i < model->count; i++)
        if (address >= model->at[i] &&
            address - model->at[i] < (model->size[i] ? model->size[i] : 1))
            return i;
    return -1;
}

static void visit(struct block_row *row, void *with)
{
    uintptr_t *last = with;
    cr_expect_gt(block_address(row), last[0]);
    last[0] = block_address(row);
    last[1]++;
}

Test(block, a_freed_block_is_gone_where_a_live_one_lies_over_it)
{
    const uintptr_t at = 0x7f0020000000;
    struct block_row *row;
    block_born(&self, at + 0x1000, 4096, FAMILY_MALLOC, 1);
    block_dying(block_find(at + 0x1000), 2);
    row = block_holding(at + 0x1010);
    cr_expect(row && block_address(row) == at + 0x1000);
    /* one over its beginning: what lies behind that one's end was asked for by nobody */
    block_born(&self, at + 0x800, 0x900, FAMILY_MALLOC, 1);
    cr_expect_null(block_holding(at + 0x1108));
    row = block_holding(at + 0x1010);
    cr_expect(row && block_address(row) == at + 0x800);
    /* one before it leaves it alone */
    block_dying(block_find(at + 0x800), 2);
    block_born(&self, at + 0x700, 0x200, FAMILY_MALLOC, 1);
    row = block_holding(at + 0x1108);
    cr_expect(row && block_address(row) == at + 0x1000);
    /* one whose beginning is too far off to be looked for window by window */
    block_born(&self, at - (2 << 20), 4 << 20, FAMILY_MALLOC, 1);
    block_dying(block_find(at + 0x700), 2);
    row = block_holding(at + 0x1108);
    cr_expect(row && block_address(row) == at - (2 << 20));
}

/* Windows without blocks are passed over by words of bits: none is passed over too much. */
Test(block, holds_nothing_far_from_blocks)
{
    const uintptr_t at = 0x7f0020000000;
    block_born(&self, at, 64, FAMILY_MALLOC, 1);
    block_born(&self, at + (15 << 20), 64, FAMILY_MALLOC, 1);
    for (uintptr_t step = 64; step < 15 << 20; step += 4096 + 32)
        cr_assert_null(block_holding(at + step));
    cr_expect_eq(block_holding(at + 63), block_find(at));
    cr_expect_eq(block_holding(at + (15 << 20) + 63), block_find(at + (15 << 20)));
    cr_expect_null(block_holding(at + (15 << 20) + 64));
    cr_expect_null(block_holding(at - 1));
    cr_expect_null(block_holding(at + (16 << 20)));
}

Test(block, a_freed_block_is_gone_where_it_began_in_the_slack_of_a_live_one)
{
    /* Memory of glibc's: 40 bytes were asked for and can be used, of which the row knows but 24. */
    uintptr_t at = (uintptr_t)malloc(40);
    block_born(&self, at + 32, 100, FAMILY_MALLOC, 1);
    block_dying(block_find(at + 32), 2);
    struct block_row *row = block_holding(at + 36);
    cr_expect(row && block_address(row) == at + 32);
    block_born(&self, at, 24, FAMILY_MALLOC, 1);
    cr_expect_null(block_holding(at + 36));
    /* The next chunk's block is none of its memory. */
    block_born(&self, at + 48, 100, FAMILY_MALLOC, 1);
    block_dying(block_find(at + 48), 2);
    row = block_holding(at + 50);
    cr_expect(row && block_address(row) == at + 48);
    free((void *)at);
}

Test(block, what_lies_before_a_block_of_another_allocator_says_nothing)
{
    static const uint64_t words[] = {0, 7, 8, 16, 1ull << 40, UINT64_MAX};
    static _Alignas(64) char memory[256];
    uintptr_t at = (uintptr_t)memory + 64;
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        memcpy(memory + 56, &words[i], sizeof words[i]);
        block_born(&self, at + 32, 100, FAMILY_MALLOC, 1);
        block_dying(block_find(at + 32), 2);
        block_born(&self, at, 24, FAMILY_MALLOC, 1);
        const struct block_row *row = block_holding(at + 36);
        cr_expect(row && block_address(row) == at + 32, "after %#lx", (unsigned long)words[i]);
        block_dying(block_find(at), 2);
    }
}

/* Random births and deaths in 64 MB, sizes from 0 to 40 MB, never overlapping (as an allocator's).
 */
Test(block, agrees_with_a_plain_list)
{
    static struct model model;
    srandom(12345);
    for (int step = 0; step < 60000; step++) {
        uintptr_t at = 0x7f0010000000 + (uintptr_t)(random() % (64 << 20)) / 32 * 32 +
                       (uintptr_t)(random() % 2) * 16;
        int inside = model_around(&model, at);
        if (inside >= 0) {
            struct block_row *row = block_around(at);
            cr_assert_not_null(row);
            cr_assert_eq(block_address(row), model.at[inside]);
            cr_assert_eq(block_holding(at), row);
            if (random() % 3 == 0) {
                block_dying(row, 3);
                model.count--;
                model.at[inside] = model.at[model.count];
                model.size[inside] = model.size[model.count];
            }
            continue;
        }
        cr_assert_null(block_around(at), "at %zx", (size_t)at);
        uint64_t next = UINT64_MAX;
        bool shared = false;
        for (int i = 0; i < model.count; i++) {
            if (model.at[i] > at && model.at[i] - at < next)
                next = model.at[i] - at;
            shared |= model.at[i] / 32 == at / 32;
        }
        uint64_t size =
            random() % 50 ? (uint64_t)(random() % 600) : (uint64_t)(random() % (40 << 20));
        if (shared || next < size + 32 || model.count == MODEL_MAX)
            continue;
        block_born(&self, at, size, FAMILY_MALLOC, 1);
        model.at[model.count] = at;
        model.size[model.count++] = size;
    }
    cr_expect_gt(model.count, 100);
    uintptr_t seen[2] = {0, 0};
    block_each(visit, seen);
    cr_expect_eq(seen[1], (uintptr_t)model.count);
}
