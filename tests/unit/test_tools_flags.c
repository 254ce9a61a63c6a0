/* The command line: flags, their errors and the statuses of commands. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flags.h"
#include "maker.h"

TestSuite(tools_flags, .init = cr_redirect_stderr);

/* Parses words (up to NULL) as those of command. */
static int parse(struct flags *flags, enum command command, ...)
{
    static char *argv[16];
    int argc = 0;
    va_list words;
    argv[argc++] = (char *)command_table[command].name;
    va_start(words, command);
    while ((argv[argc] = va_arg(words, char *)))
        argc++;
    va_end(words);
    return flags_parse(flags, command, argc, argv);
}

Test(tools_flags, values_are_given_three_ways)
{
    struct flags flags;
    cr_assert_eq(parse(&flags, COMMAND_REPORT, "--format=json", "-o", "x", "--all", "here",
                       "--color", "never", "--no-show-unused-rules", NULL),
                 -1);
    cr_expect_str_eq(flags.flag[FLAG_FORMAT], "json");
    cr_expect_str_eq(flags.flag[FLAG_OUTPUT], "x");
    cr_expect_str_eq(flags.flag[FLAG_COLOR], "never");
    cr_expect(flags_on(&flags, FLAG_ALL));
    cr_expect_not(flags_on(&flags, FLAG_SHOW_UNUSED_RULES));
    cr_expect_eq(flags.argument_count, 1);
    cr_expect_str_eq(flags.arguments[0], "here");
}

Test(tools_flags, run_leaves_the_programs_words_alone)
{
    struct flags flags;
    cr_assert_eq(
        parse(&flags, COMMAND_RUN, "--stack-depth=8", "--no-leaks", "prog", "--all", "-x", NULL),
        -1);
    cr_expect_eq(flags_option_number(&flags, OPTION_STACK_DEPTH), 8);
    cr_expect_str_eq(flags.option[OPTION_LEAKS], "off");
    cr_expect_eq(flags.argument_count, 3);
    cr_expect_str_eq(flags.arguments[1], "--all");
    cr_assert_eq(parse(&flags, COMMAND_RUN, "--", "--odd", NULL), -1);
    cr_expect_str_eq(flags.arguments[0], "--odd");
}

Test(tools_flags, wrong_ones_are_usage)
{
    struct flags flags;
    cr_expect_eq(parse(&flags, COMMAND_REPORT, "--fromat=json", NULL), STATUS_USAGE);
    cr_expect_eq(parse(&flags, COMMAND_REPORT, "--format", NULL), STATUS_USAGE);
    cr_expect_eq(parse(&flags, COMMAND_REPORT, "-z", NULL), STATUS_USAGE);
    cr_expect_eq(parse(&flags, COMMAND_REPORT, "--stack-depth=8", NULL), STATUS_USAGE,
                 "an option of run only");
    cr_expect_eq(parse(&flags, COMMAND_RUN, "--stack-depth=65", NULL), STATUS_USAGE);
    cr_expect_eq(parse(&flags, COMMAND_RUN, "--stack-depth=8q", NULL), STATUS_USAGE);
    cr_expect_eq(parse(&flags, COMMAND_RUN, "--leaks=perhaps", NULL), STATUS_USAGE);
    cr_expect_eq(parse(&flags, COMMAND_RUN, "--no-log-path", NULL), STATUS_USAGE);
}

Test(tools_flags, the_nearest_word_is_offered)
{
    struct flags flags;
    parse(&flags, COMMAND_REPORT, "--fromat=json", NULL);
    fflush(stderr);
    cr_expect_stderr_eq_str("holdfast: `report` has no option --fromat; did you mean --format?\n");
}

static int report(const char *a, const char *b)
{
    char *argv[] = {"report", (char *)a, (char *)b, "--output=/dev/null", NULL};
    return cmd_report(4, argv);
}

Test(tools_flags, statuses_of_report)
{
    struct maker maker;
    maker_enter_folder();
    cr_assert(maker_sample(&maker, "findings"));
    cr_assert_eq(maker_write(&maker, "a.holdfast"), 0);
    cr_expect_eq(report("a.holdfast", "--all"), STATUS_OK);
    cr_expect_eq(report("a.holdfast", "--fail-on=error"), STATUS_FAILED);
    cr_expect_eq(report("a.holdfast", "--fail-on=bad-close"), STATUS_OK);
    cr_expect_eq(report("a.holdfast", "--fail-on=nonsense"), STATUS_USAGE);
    cr_expect_eq(report("a.holdfast", "--format=yaml"), STATUS_USAGE);
    cr_expect_eq(report("a.holdfast", "--color=blue"), STATUS_USAGE);
    cr_expect_eq(report("a.holdfast", "--suppressions=missing"), STATUS_USAGE);
    cr_expect_eq(report("a.holdfast", "b.holdfast"), STATUS_USAGE);
    cr_expect_eq(report("missing.holdfast", "--all"), STATUS_UNREADABLE);
    cr_expect_eq(report("/etc/passwd", "--all"), STATUS_UNREADABLE);
    cr_expect_eq(report("999999999", "--all"), STATUS_UNREADABLE);
    maker_leave_folder();
}

Test(tools_flags, statuses_of_explain_and_list)
{
    char *explain[] = {"explain", "fd-leak", NULL}, *wrong[] = {"explain", "fd-laek", NULL},
         *all[] = {"explain", NULL}, *folder[] = {"list", "/nowhere", NULL},
         *help[] = {"list", "--help", NULL};
    cr_redirect_stdout();
    cr_expect_eq(cmd_explain(2, explain), STATUS_OK);
    cr_expect_eq(cmd_explain(2, wrong), STATUS_USAGE);
    cr_expect_eq(cmd_explain(1, all), STATUS_OK);
    cr_expect_eq(cmd_list(2, folder), STATUS_UNREADABLE);
    cr_expect_eq(cmd_list(2, help), STATUS_OK);
    fflush(stderr);
    cr_expect_stderr_eq_str("holdfast: there is no kind \"fd-laek\"; did you mean fd-leak?\n"
                            "holdfast: cannot read /nowhere: No such file or directory.\n");
}
