/* The .def tables: numbers and words are on disk or public, so none may stand for two things. */
#include <criterion/criterion.h>
#include <string.h>

#include "shim/format/tables.h"

Test(tables, kinds_are_found_by_number_and_slug)
{
    cr_assert_gt(kind_table_count, 0u);
    for (unsigned i = 0; i < kind_table_count; i++) {
        cr_expect_eq(kind_info(kind_table[i].number), &kind_table[i], "%s", kind_table[i].slug);
        cr_expect_eq(kind_by_slug(kind_table[i].slug), &kind_table[i], "%s", kind_table[i].slug);
    }
    cr_expect_null(kind_by_slug("no-such-kind"));
    cr_expect_null(kind_by_slug(""));
    cr_expect_null(kind_info(0));
}

Test(tables, kinds_lie_in_the_range_of_their_class)
{
    for (unsigned i = 0; i < kind_table_count; i++) {
        unsigned number = kind_table[i].number;
        bool left = number >= 50 && number < 80;
        cr_expect_eq(kind_table[i].class, left ? CLASS_LEFT : CLASS_WRONG, "%s",
                     kind_table[i].slug);
    }
}

Test(tables, options_are_found_by_name_and_in_order)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        cr_expect_eq(option_table[i].id, i);
        cr_expect_eq(option_by_name(option_table[i].name), &option_table[i]);
        cr_expect_eq(strpbrk(option_table[i].name, ":=' -"), NULL, "%s", option_table[i].name);
    }
    cr_expect_null(option_by_name("no_such_option"));
}

Test(tables, handles_leak_as_kinds_that_exist)
{
    unsigned seen = 0;
    for (unsigned number = 0; number < 100; number++) {
        const struct handle_info *handle = handle_info(number);
        if (!handle)
            continue;
        seen++;
        cr_expect_eq(handle->number, number);
        cr_expect_not_null(kind_info(handle->leak), "%s", handle->word);
    }
    cr_expect_gt(seen, 0u);
}

Test(tables, roles_are_found_by_number)
{
    const struct word_info *role = role_info(ROLE_OPENED);
    cr_assert_not_null(role);
    cr_expect_str_eq(role->word, "opened");
    cr_expect_null(role_info(9999));
}
