/* The pieces of mappings against a naive model: an owner for each page. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/recording.h"
#include "state/block.h"
#include "state/region.h"

static char path[64];
static struct thread self = {.number = 3};

void thread_event(struct thread *thread, uint16_t type, uint16_t kind, uint32_t stack,
                  uint64_t object)
{
}

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-region-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 28), 0);
    cr_assert(block_start_up(false));
    resource_start_up();
    region_start_up();
}

static void end(void)
{
    recording_leave();
    unlink(path);
}

TestSuite(region, .init = begin, .fini = end);

#define BASE  0x7f0000000000ul
#define PAGES 3000u
static uint32_t owner[PAGES]; /* stack of the mapping that has the page, 0 none */

static void map(uint32_t first, uint32_t count, uint32_t stack)
{
    region_mapped(&self, BASE + first * 4096ul, count * 4096ul,
                  &(struct handle_birth){.kind = HANDLE_KIND_MAPPING, .stack = stack});
    for (uint32_t i = 0; i < count; i++)
        owner[first + i] = stack;
}

static struct region pieces[PAGES];

/* Every page belongs to the piece that the model says, and rows count what is left of them. */
static void compare(void)
{
    static uint32_t found[PAGES];
    static uint64_t left[200000];
    size_t count = region_copy(pieces, PAGES);
    cr_assert_leq(count, PAGES);
    for (uint32_t i = 0; i < PAGES; i++)
        found[i] = 0;
    for (size_t i = 0; i < count; i++) {
        const struct handle_row *row = ROW(SECTION_HANDLES, struct handle_row, pieces[i].row);
        cr_assert(i == 0 || pieces[i - 1].end <= pieces[i].start, "sorted, and apart");
        cr_assert_lt(pieces[i].start, pieces[i].end);
        cr_assert_eq(handle_state_of(row), HANDLE_OPEN);
        left[pieces[i].row] = 0;
        for (uintptr_t at = pieces[i].start; at < pieces[i].end; at += 4096)
            found[(at - BASE) / 4096] = row->opened_stack;
    }
    for (size_t i = 0; i < count; i++)
        left[pieces[i].row] += pieces[i].end - pieces[i].start;
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(ROW(SECTION_HANDLES, struct handle_row, pieces[i].row)->extra,
                     left[pieces[i].row]);
    for (uint32_t i = 0; i < PAGES; i++)
        cr_assert_eq(found[i], owner[i], "page %u", i);
}

static void step(uint32_t number)
{
    uint32_t first = (uint32_t)random() % PAGES, count = 1 + (uint32_t)random() % 6, known = 0;
    if (random() % 50 == 0)
        count = 400;
    if (first + count > PAGES)
        count = PAGES - first;
    switch (random() % 3) {
    case 0:
        map(first, count, number);
        break;
    case 1:
        for (uint32_t i = 0; i < count; i++) {
            known += owner[first + i] != 0;
            owner[first + i] = 0;
        }
        cr_assert_eq(region_going(&self, BASE + first * 4096ul, count * 4096ul - 7, 9),
                     known * 4096ul);
        break;
    default:;
        bool one = owner[first] != 0;
        for (uint32_t i = 1; i < count; i++)
            one &= owner[first + i] == owner[first];
        struct handle_row *row = region_leaves(BASE + first * 4096ul, count * 4096ul);
        cr_assert_eq(row != NULL, one);
        if (row)
            region_comes(row, BASE + first * 4096ul, count * 4096ul);
    }
}

Test(region, pieces_agree_with_a_plain_array)
{
    srandom(1);
    for (uint32_t number = 1; number < 60000; number++) {
        step(number);
        if (number % 97 == 0)
            compare();
    }
    compare();
}

Test(region, last_piece_closes_the_mapping)
{
    map(10, 8, 1);
    const struct handle_row *row = resource_find(HANDLE_KIND_MAPPING, BASE + 10 * 4096ul);
    cr_assert_not_null(row);
    region_going(&self, BASE + 10 * 4096ul, 3 * 4096ul, 2);
    region_going(&self, BASE + 15 * 4096ul, 3 * 4096ul, 3);
    cr_expect_eq(handle_state_of(row), HANDLE_OPEN);
    cr_expect_eq(row->extra, 2 * 4096ul);
    cr_expect_eq(region_going(&self, BASE + 13 * 4096ul, 2 * 4096ul, 4), 2 * 4096ul);
    cr_expect_eq(handle_state_of(row), HANDLE_CLOSED);
    cr_expect_eq(row->closed_stack, 4u);
}

/* The first pages went, and something else came there: both are known. */
Test(region, another_may_come_where_the_first_began)
{
    map(10, 8, 1);
    region_going(&self, BASE + 10 * 4096ul, 4096, 2);
    map(10, 1, 3);
    compare();
    cr_expect_eq(region_copy(NULL, 0), 2u);
    cr_expect(region_is_part(BASE + 12 * 4096ul, 4096));
    cr_expect_not(region_is_part(BASE + 10 * 4096ul, 4096), "the whole of it");
}

Test(region, moved_is_found_where_it_is)
{
    map(10, 2, 1);
    struct handle_row *row = region_leaves(BASE + 10 * 4096ul, 2 * 4096ul);
    region_comes(row, BASE + 100 * 4096ul, 8 * 4096ul);
    cr_expect_eq(resource_find(HANDLE_KIND_MAPPING, BASE + 100 * 4096ul), row);
    cr_expect_eq(row->extra, 8 * 4096ul);
    cr_expect_null(resource_find(HANDLE_KIND_MAPPING, BASE + 10 * 4096ul));
}
