/* Code that was not watched, and whether it may order threads. */
#include "maker.h"
#include "unseen_order.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(unseen_order, .init = maker_enter_folder, .fini = maker_leave_folder);

/* What is said of a recording with one module, watched or not, and one row of code. */
static const char *said(const char *path, enum watched kind, uint64_t bytes, bool unloaded)
{
    static struct arena arena;
    struct problem problem;
    struct maker maker;
    maker_begin(&maker);
    maker_module(&maker, path, 0x10000, 0x1000);
    struct watched_row row = {
        .kind = kind, .module = maker_string(&maker, path), .bytes = bytes, .unloaded = unloaded};
    maker_row(&maker, SECTION_WATCHED, &row, sizeof row);
    cr_assert_eq(maker_write(&maker, "one.holdfast"), 0);
    struct recording *recording = recording_open("one.holdfast", &problem);
    cr_assert(recording);
    const char *words = unseen_order_of(recording, &arena);
    recording_close(recording);
    return words;
}

Test(unseen_order, what_was_watched_was_seen)
{
    cr_expect_null(said(ORDER_BY_LOCK, WATCHED_YES, 0, false));
}

Test(unseen_order, modules_with_atomics_that_were_left_out_may_order)
{
    const char *words = said(ORDER_BY_LOCK, WATCHED_NO_ROOM, 0, false);
    cr_assert(words);
    cr_expect(strstr(words, "own_order_lock"), "%s", words);
    cr_expect(said(ORDER_BY_EXCHANGE, WATCHED_SKIPPED, 0, false));
    cr_expect(said("/nowhere/at/all.so", WATCHED_NO_IMAGE, 0, false), "nobody can know");
}

Test(unseen_order, modules_without_and_modules_that_are_gone_may_not)
{
    cr_expect_null(said(ORDER_BY_NOTHING, WATCHED_NO_ROOM, 0, false));
    cr_expect_null(said(ORDER_BY_LOCK, WATCHED_NO_ROOM, 0, true));
}

Test(unseen_order, code_made_at_run_time_may_order)
{
    cr_expect(said(ORDER_BY_NOTHING, WATCHED_GENERATED, 4096, false));
    cr_expect_null(said(ORDER_BY_NOTHING, WATCHED_GENERATED, 0, false));
}

Test(unseen_order, libraries_whose_waits_are_not_known_do)
{
    const char *words = said("/usr/lib/llvm-14/lib/libomp.so.5", WATCHED_YES, 0, false);
    cr_assert(words);
    cr_expect(strstr(words, "libomp.so.5"), "%s", words);
}

Test(unseen_order, libraries_that_run_threads_are_known_by_name)
{
    cr_expect(unseen_order_runs_threads("libgomp.so.1"));
    cr_expect(unseen_order_runs_threads("libomp5.so"));
    cr_expect_not(unseen_order_runs_threads("libgomp-plugin.so"));
    cr_expect_not(unseen_order_runs_threads("app"));
}
