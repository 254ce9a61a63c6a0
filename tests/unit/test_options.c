/* HOLDFAST_OPTIONS. */
#include <criterion/criterion.h>

#include "state/options.h"

Test(options, have_their_defaults)
{
    options_read(NULL);
    cr_expect_eq(options.number[OPTION_LEAKS], 1u);
    cr_expect_eq(options.number[OPTION_RECORDING_SIZE], 16ull << 30);
    cr_expect_str_eq(options.text[OPTION_LOG_PATH], "");
    cr_expect_str_eq(options.text[OPTION_FAIL_ON], "error");
}

Test(options, are_read_by_name_with_quotes)
{
    options_read("leaks=off:log-path='/tmp/a:b %p':stack_depth=8:verbose");
    cr_expect_eq(options.number[OPTION_LEAKS], 0u);
    cr_expect_str_eq(options.text[OPTION_LOG_PATH], "/tmp/a:b %p");
    cr_expect_eq(options.number[OPTION_STACK_DEPTH], 8u);
    cr_expect_eq(options.number[OPTION_VERBOSE], 1u);
}

Test(options, that_cannot_be_keep_what_was)
{
    options_read("stack_depth=1000:leaks=perhaps:recording_size=1x:nonsense=1");
    cr_expect_eq(options.number[OPTION_STACK_DEPTH], 32u);
    cr_expect_eq(options.number[OPTION_LEAKS], 1u);
    cr_expect_eq(options.number[OPTION_RECORDING_SIZE], 16ull << 30);
}

Test(options, of_words_take_these_words_only)
{
    options_read("races=off");
    cr_expect_str_eq(options.text[OPTION_RACES], "off");
    static const char *const wrong[] = {"races=of", "races=offs", "races=", "races=calls|full",
                                        "races=Full"};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        options_read(wrong[i]);
        cr_expect_str_eq(options.text[OPTION_RACES], "calls", "%s", wrong[i]);
    }
}

Test(options, take_units)
{
    options_read("recording_size=64m");
    cr_expect_eq(options.number[OPTION_RECORDING_SIZE], 64ull << 20);
}
