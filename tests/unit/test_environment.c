/* Taking our entries out of the environment and putting them back. */
#include <criterion/criterion.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/environment.h"

static char *entry(const char *text)
{
    return strdup(text);
}

static void take(char **envp)
{
    memset(&environment, 0, sizeof environment);
    environment_take(envp);
}

Test(environment, ours_alone_is_taken_out)
{
    char *envp[] = {entry("A=1"),
                    entry("LD_PRELOAD=/x/libholdfast.so"),
                    entry("HOLDFAST_OPTIONS=leaks=off"),
                    entry("HOLDFAST_RUN=/tmp/a:b/c:1f:launched"),
                    entry("B=2"),
                    NULL};
    take(envp);
    cr_assert_str_eq(envp[0], "A=1");
    cr_assert_str_eq(envp[1], "B=2");
    cr_assert_null(envp[2]);
    cr_expect_str_eq(environment.library, "/x/libholdfast.so");
    cr_expect_str_eq(environment.options, "leaks=off");
    cr_expect_str_eq(environment.run_folder, "/tmp/a:b/c");
    cr_expect_eq(environment.run_id, 0x1fu);
    cr_expect(environment.launched);
}

Test(environment, other_preloads_stay)
{
    char *envp[] = {entry("LD_PRELOAD=liba.so:/x/libholdfast.so libb.so"), NULL};
    take(envp);
    cr_expect_str_eq(envp[0], "LD_PRELOAD=liba.so:libb.so");
    cr_expect_null(envp[1]);
}

Test(environment, nothing_of_ours_changes_nothing)
{
    char *envp[] = {entry("LD_PRELOAD=liba.so"), entry("HOLDFAST=1"), entry("XHOLDFAST_RUN=2"),
                    NULL};
    take(envp);
    cr_expect_str_eq(envp[0], "LD_PRELOAD=liba.so");
    cr_expect_str_eq(envp[1], "HOLDFAST=1");
    cr_expect_str_eq(envp[2], "XHOLDFAST_RUN=2");
    cr_expect_null(environment.run_folder);
}

/* Who walks over the environment to what the kernel has put behind it must find that, or nothing.
 */
Test(environment, what_follows_is_found)
{
    char *two[] = {entry("A=1"),
                   entry("LD_PRELOAD=/x/libholdfast.so"),
                   entry("HOLDFAST_RUN=/tmp/a:1f"),
                   NULL,
                   (char *)AT_PAGESZ,
                   (char *)4096};
    take(two);
    cr_expect_null(two[1]);
    cr_expect_eq((uintptr_t)two[2], AT_IGNORE);
    cr_expect_null(two[3]);
    cr_expect_eq((uintptr_t)two[4], AT_PAGESZ);

    char *one[] = {entry("LD_PRELOAD=/x/libholdfast.so"), NULL, (char *)AT_PAGESZ, (char *)4096};
    take(one);
    cr_expect_null(one[0]);
    cr_expect_null(one[1], "an end of the vector");
    cr_expect_eq((uintptr_t)one[2], AT_PAGESZ);
}

static char **merge(char **envp)
{
    char **merged = calloc(environment_size(envp), sizeof *merged);
    size_t room = environment_text_room(envp);
    environment_merge(envp, NULL, merged, malloc(room), room);
    return merged;
}

Test(environment, is_put_back_before_the_programs_own_preload)
{
    char *initial[] = {entry("LD_PRELOAD=/x/libholdfast.so"), entry("HOLDFAST_OPTIONS=a=b"), NULL};
    take(initial);
    environment_run("/runs/1", 0xabc);
    char *own[] = {entry("C=3"), entry("LD_PRELOAD=liba.so"), NULL};
    char **merged = merge(own);
    cr_expect_str_eq(merged[0], "C=3");
    cr_expect_str_eq(merged[1], "LD_PRELOAD=/x/libholdfast.so:liba.so");
    cr_expect_str_eq(merged[2], "HOLDFAST_RUN=/runs/1:abc");
    cr_expect_str_eq(merged[3], "HOLDFAST_OPTIONS=a=b");
    cr_expect_null(merged[4]);
}

Test(environment, is_put_back_once_also_for_an_empty_or_missing_environment)
{
    char *initial[] = {entry("LD_PRELOAD=/x/libholdfast.so"), NULL};
    take(initial);
    environment_run("/runs/1", 1);
    char *twice[] = {entry("LD_PRELOAD=/x/libholdfast.so"), NULL};
    char **merged = merge(twice);
    cr_expect_str_eq(merged[0], "LD_PRELOAD=/x/libholdfast.so");
    cr_expect_str_eq(merged[1], "HOLDFAST_RUN=/runs/1:1");
    cr_expect_null(merged[2]);
    cr_expect_str_eq(merge(NULL)[0], "LD_PRELOAD=/x/libholdfast.so");
}

/* A nested `holdfast run` starts its program with values of its own. */
Test(environment, what_the_program_set_itself_wins)
{
    char *initial[] = {entry("LD_PRELOAD=/x/libholdfast.so"), entry("HOLDFAST_OPTIONS=a=b"), NULL};
    take(initial);
    environment_run("/runs/1", 1);
    char *own[] = {entry("LD_PRELOAD=/y/libholdfast.so:liba.so"), entry("HOLDFAST_RUN=/runs/2:2"),
                   entry("HOLDFAST_OPTIONS=c=d"), NULL};
    char **merged = merge(own);
    for (int i = 0; i < 4; i++)
        cr_expect(own[i] ? !strcmp(merged[i], own[i]) : !merged[i]);
}

Test(environment, is_lent_to_a_call_and_taken_back)
{
    char *initial[] = {entry("LD_PRELOAD=/x/libholdfast.so"), NULL};
    take(initial);
    environment_run("/runs/1", 1);
    char *own[] = {entry("A=1"), entry("LD_PRELOAD=liba.so"), NULL}, **before = environ;
    environ = own;
    environment_lend();
    cr_expect_str_eq(getenv("LD_PRELOAD"), "/x/libholdfast.so:liba.so");
    environment_lend();
    environment_return();
    cr_expect_str_eq(getenv("HOLDFAST_RUN"), "/runs/1:1");
    setenv("B", "2", 1); /* libc makes a copy of what is lent */
    environment_return();
    cr_expect_str_eq(environ[0], "A=1");
    cr_expect_str_eq(environ[1], "LD_PRELOAD=liba.so");
    cr_expect_str_eq(environ[2], "B=2");
    cr_expect_null(environ[3]);
    environ = before;
}
