/* What is constant: memory of modules that nobody can write. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "state/constant.h"

static const char text[] = "never written";
static char data[64] = "written";
static char zeroes[64];
static const char *const pointer = text; /* relocated: written once, by the loader */

static bool has(const void *at, size_t size)
{
    return constant_has((uintptr_t)at, size);
}

Test(constant, is_nothing_before_birth)
{
    cr_expect_not(has(text, sizeof text));
}

Test(constant, is_what_no_segment_can_write, .init = constant_start_up)
{
    char local[16];
    char *block = malloc(64);
    cr_expect(has(text, sizeof text));
    cr_expect(has("a string", 8));
    cr_expect(has((const void *)has, 1));
    cr_expect(has((const void *)strtol, 1), "a library's");
    cr_expect_not(has(data, 1));
    cr_expect_not(has(zeroes, 1));
    cr_expect_not(has(&pointer, sizeof pointer));
    cr_expect_not(has(local, 1));
    cr_expect_not(has(block, 1));
    cr_expect_not(has(NULL, 1));
    cr_expect_not(has((const void *)UINTPTR_MAX, 1));
    free(block);
}

Test(constant, ranges_are_sorted_and_apart, .init = constant_start_up)
{
    cr_assert_gt(constant_count, 2);
    for (uint32_t i = 0; i < constant_count; i++) {
        const struct constant_range *at = &constant_ranges[i];
        cr_expect_lt(at->low, at->high);
        if (i)
            cr_expect_gt(at->low, at[-1].high);
        cr_expect(has((void *)at->low, at->high - at->low));
        cr_expect_not(has((void *)at->low, at->high - at->low + 1));
        cr_expect_not(has((void *)at->high, 1));
    }
}

Test(constant, is_no_more_what_may_be_written, .init = constant_start_up)
{
    uintptr_t at = (uintptr_t)text;
    cr_assert(has(text, 1) && has((const void *)strtol, 1));
    constant_changes(at - 1, at);
    cr_expect_not(has(text, 1));
    cr_expect(has((const void *)strtol, 1), "of another module nothing was said");
}
