/* What counts as a pile of handles: by counts, and by how long it grew and stood; and the counts of
 * a creation stack. */
#include <criterion/criterion.h>

#include "detect/handle_growth.h"
#include "format/tables.h"

#define SECOND 1000000000ull

/* 40 of 40, grown in 2 s, the first released 1 s later. */
static const struct creation pile = {.stack = 9,
                                     .live = 0,
                                     .peak = 40,
                                     .made = 40,
                                     .kind = HANDLE_KIND_FD_FILE,
                                     .first_time = 10 * SECOND,
                                     .peak_time = 12 * SECOND,
                                     .fall_time = 13 * SECOND};

Test(handle_growth, a_pile_is_one)
{
    cr_expect_eq(handle_growth_of(&pile), GROWTH_WARNING);
}

Test(handle_growth, few_are_none)
{
    struct creation few = pile;
    few.peak = few.made = 31;
    cr_expect_eq(handle_growth_of(&few), GROWTH_NONE);
    few.peak = few.made = 32;
    cr_expect_eq(handle_growth_of(&few), GROWTH_WARNING);
}

Test(handle_growth, less_than_half_of_all_is_none)
{
    struct creation window = pile;
    window.made = 82;
    cr_expect_eq(handle_growth_of(&window), GROWTH_NONE);
    window.made = 80;
    cr_expect_eq(handle_growth_of(&window), GROWTH_WARNING);
}

Test(handle_growth, a_pool_that_stands_longer_than_it_grew_is_none)
{
    struct creation pool = pile;
    pool.fall_time = 14 * SECOND + 1;
    cr_expect_eq(handle_growth_of(&pool), GROWTH_NONE);
}

Test(handle_growth, what_is_still_there_is_a_leak)
{
    struct creation left = pile;
    left.live = 21;
    cr_expect_eq(handle_growth_of(&left), GROWTH_NONE);
    struct creation never = pile;
    never.live = 40;
    never.fall_time = 0;
    cr_expect_eq(handle_growth_of(&never), GROWTH_NONE);
}

Test(handle_growth, kinds_say_how_much_it_means)
{
    struct creation peers = pile;
    peers.kind = HANDLE_KIND_FD_SOCKET;
    cr_expect_eq(handle_growth_of(&peers), GROWTH_NOTE);
}

static struct handle_row row_of(uint32_t stack, uint64_t value, uint64_t time, uint16_t flags)
{
    return (struct handle_row){.kind = HANDLE_KIND_FD_FILE,
                               .flags = flags,
                               .value = value,
                               .opened_stack = stack,
                               .opened_time = time};
}

Test(creation, counts_rise_and_fall)
{
    creation_start_up();
    struct handle_row first = row_of(5, 3, 100, 0), second = row_of(5, 4, 200, 0);
    creation_opened(&first);
    creation_opened(&second);
    first.closed_time = 250;
    creation_closed(&first, 77, 1);
    first.opened_time = 300;
    creation_opened(&first);
    const struct creation *creation = creation_find(5);
    cr_assert_not_null(creation);
    cr_expect_eq(creation->live, 2);
    cr_expect_eq(creation->peak, 2);
    cr_expect_eq(creation->made, 3u);
    cr_expect_eq(creation->released, 77u);
    cr_expect_eq(creation->first_time, 100u);
    cr_expect_eq(creation->peak_time, 200u);
    cr_expect_eq(creation->fall_time, 250u);
    cr_expect_eq(creation->value, 4u);
}

Test(creation, what_belongs_to_another_or_has_no_stack_is_not_counted)
{
    creation_start_up();
    struct handle_row owned = row_of(6, 3, 1, HANDLE_OWNED), unknown = row_of(0, 4, 1, 0),
                      inherited = row_of(6, 5, 1, HANDLE_INHERITED);
    creation_opened(&owned);
    creation_opened(&unknown);
    creation_opened(&inherited);
    cr_expect_null(creation_find(6));
    cr_expect_null(creation_find(0));
}

Test(creation, more_stacks_than_there_is_room_for_are_left_out)
{
    creation_start_up();
    uint32_t known = 0;
    for (uint32_t stack = 1; stack < 40000; stack++) {
        struct handle_row row = row_of(stack, 3, 1, 0);
        creation_opened(&row);
        creation_closed(&row, 1, 1);
        known += creation_find(stack) != NULL;
    }
    cr_expect_gt(known, 10000u);
    cr_expect_leq(known, 16384u);
}
