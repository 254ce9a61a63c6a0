/* HOLDFAST_OPTIONS as `run` reads and writes it. The shim's reader has the same samples in
   test_options.c. */
#include "options.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>

static struct flags read_text(const char *text)
{
    struct flags flags = {.command = COMMAND_RUN};
    cr_assert_eq(options_from_text(&flags, text), 0, "%s", text);
    return flags;
}

Test(options, text_is_read)
{
    struct flags flags = read_text("stack_depth=12:log-path='a:b c':leaks:fail_on=fd-leak>=2");
    cr_expect_str_eq(flags.option[OPTION_STACK_DEPTH], "12");
    cr_expect_str_eq(flags.option[OPTION_LOG_PATH], "a:b c");
    cr_expect_str_eq(flags.option[OPTION_LEAKS], "on");
    cr_expect_str_eq(flags.option[OPTION_FAIL_ON], "fd-leak>=2");
    cr_expect_null(flags.option[OPTION_HANDLES]);
}

Test(options, no_text_gives_nothing)
{
    for (unsigned i = 0; i < 3; i++) {
        static const char *const texts[] = {NULL, "", ":::"};
        struct flags flags = read_text(texts[i]);
        for (unsigned option = 0; option < OPTION_COUNT; option++)
            cr_expect_null(flags.option[option]);
    }
}

Test(options, flags_win_and_the_last_word_decides)
{
    struct flags flags = {.command = COMMAND_RUN};
    flags.option[OPTION_STACK_DEPTH] = "5";
    cr_assert_eq(options_from_text(&flags, "stack_depth=6:exitcode=1:exitcode=2"), 0);
    cr_expect_str_eq(flags.option[OPTION_STACK_DEPTH], "5");
    cr_expect_str_eq(flags.option[OPTION_EXITCODE], "2");
}

Test(options, wrong_words_are_refused, .init = cr_redirect_stderr)
{
    static const char *const wrong[] = {"nothing=1", "stack_depth=", "stack_depth=0",
                                        "leaks=perhaps", "stack_depth=1:x"};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct flags flags = {.command = COMMAND_RUN};
        cr_expect_eq(options_from_text(&flags, wrong[i]), STATUS_USAGE, "%s", wrong[i]);
    }
}

Test(options, what_is_written_is_read_alike)
{
    static const char *const values[] = {"plain",   "with : in it", "it's",  "'",     "\"",
                                         "a'b\"c:", "'''",          "\"'\"", "a=b:c", " blank "};
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct flags flags = {.command = COMMAND_RUN};
        flags.option[OPTION_LOG_PATH] = values[i];
        flags.option[OPTION_LEAKS] = "off";
        char *text = options_to_text(&flags, 0);
        struct flags back = read_text(text);
        cr_expect_str_eq(back.option[OPTION_LOG_PATH], values[i], "%s became %s", values[i], text);
        cr_expect_str_eq(back.option[OPTION_LEAKS], "off");
        free(text);
    }
}

Test(options, some_are_left_out)
{
    struct flags flags = {.command = COMMAND_RUN};
    cr_expect_null(options_to_text(&flags, 0));
    flags.option[OPTION_RECORDING] = "here";
    cr_expect_null(options_to_text(&flags, 1u << OPTION_RECORDING));
    flags.option[OPTION_LEAKS] = "on";
    char *text = options_to_text(&flags, 1u << OPTION_RECORDING);
    cr_expect_str_eq(text, "leaks=on");
    free(text);
}
