/* What the program is given to be watched: LD_PRELOAD and the environment. */
#include "preload.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_value(const char *before, const char *wanted)
{
    char *value = preload_value("/x/libholdfast.so", before);
    cr_expect_str_eq(value, wanted, "%s became %s", before, value);
    free(value);
}

Test(preload, comes_first_and_once)
{
    expect_value(NULL, "/x/libholdfast.so");
    expect_value("", "/x/libholdfast.so");
    expect_value("liba.so", "/x/libholdfast.so:liba.so");
    expect_value("liba.so /y/libb.so", "/x/libholdfast.so:liba.so:/y/libb.so");
    expect_value("::liba.so: ", "/x/libholdfast.so:liba.so");
    expect_value("liba.so:/x/libholdfast.so:libb.so", "/x/libholdfast.so:liba.so:libb.so");
    expect_value("/x/libholdfast.so.1", "/x/libholdfast.so:/x/libholdfast.so.1");
}

Test(preload, rivals_are_known)
{
    cr_expect_null(preload_rival(NULL));
    cr_expect_null(preload_rival("libm.so.6"));
    cr_expect_not_null(preload_rival("/usr/lib/libasan.so.8"));
    cr_expect_not_null(preload_rival("liba.so:libclang_rt.asan-x86_64.so"));
}

static unsigned count_of(char **environment, const char *word)
{
    unsigned count = 0;
    for (; *environment; environment++)
        count += !strcmp(*environment, word);
    return count;
}

Test(preload, environment_takes_words_in)
{
    char *before[] = {"A=1", "LD_PRELOAD=old", "LD_PRELOAD_X=2", "HOLDFAST_RUN=outer", NULL};
    char *words[] = {"LD_PRELOAD=new", "HOLDFAST_RUN=inner", "HOLDFAST_OPTIONS=", NULL};
    environ = before;
    char **after = preload_environment(words);
    size_t count = 0;
    while (after[count])
        count++;
    cr_expect_eq(count, 5u);
    cr_expect_eq(count_of(after, "A=1"), 1u);
    cr_expect_eq(count_of(after, "LD_PRELOAD_X=2"), 1u);
    for (unsigned i = 0; words[i]; i++)
        cr_expect_eq(count_of(after, words[i]), 1u, "%s", words[i]);
    free(after);
}

Test(preload, environment_may_be_missing)
{
    char *words[] = {"A=1", NULL};
    environ = NULL;
    char **after = preload_environment(words);
    cr_expect_str_eq(after[0], "A=1");
    cr_expect_null(after[1]);
    free(after);
}
