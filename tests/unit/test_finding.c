/* Findings: the same place is one row with a count, and what turns out to be none is taken back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "base/recording.h"
#include "report/finding.h"

static char path[64];
static struct thread self = {.number = 3};

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-finding-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 26), 0);
    finding_after_fork();
}

static void end(void)
{
    recording_leave();
    unlink(path);
}

TestSuite(finding, .init = begin, .fini = end);

static struct finding_row *tell(enum kind kind, uint32_t here, uint32_t opened)
{
    struct finding finding;
    finding_begin(&finding, kind, &self);
    finding_stack(&finding, ROLE_HERE, here, 3);
    finding_stack(&finding, ROLE_OPENED, opened, 1);
    finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED)->a = here;
    finding.amount = 10;
    return finding_tell(&finding);
}

Test(finding, at_the_same_place_counts)
{
    struct finding_row *row = tell(KIND_DOUBLE_CLOSE, 5, 6);
    cr_assert_not_null(row);
    cr_expect_eq(tell(KIND_DOUBLE_CLOSE, 5, 6), row);
    cr_expect_eq(row->count, 2u);
    cr_expect_eq(row->amount, 20u);
    cr_expect_eq(row->severity, SEVERITY_ERROR);
    cr_expect_eq(row->confidence, CONFIDENCE_CERTAIN);
    cr_expect_neq(tell(KIND_DOUBLE_CLOSE, 5, 7), row);
    cr_expect_neq(tell(KIND_DOUBLE_CLOSE, 7, 6), row);
    cr_expect_neq(tell(KIND_DOUBLE_CLOSE, 6, 5), row, "stacks are compared by role");
    cr_expect_neq(tell(KIND_BAD_CLOSE, 5, 6), row);
    cr_expect_eq(row->count, 2u);
}

Test(finding, known_to_be_one_counts_whatever_its_evidence)
{
    struct finding one, other;
    struct finding_row *told = NULL;
    finding_begin(&one, KIND_DATA_RACE, &self);
    finding_stack(&one, ROLE_CREATED, 5, 3);
    finding_begin(&other, KIND_DATA_RACE, &self);
    finding_stack(&other, ROLE_CREATED, 6, 3);
    struct finding_row *row = finding_tell_once(&one, &told);
    cr_assert_not_null(row);
    cr_expect_eq(told, row);
    cr_expect_eq(finding_tell_once(&other, &told), row);
    cr_expect_eq(told, row);
    cr_expect_eq(row->count, 2u);
}

Test(finding, taken_back_is_gone_and_may_come_again)
{
    struct finding_row *one = tell(KIND_BAD_CLOSE, 5, 6), *two = tell(KIND_BAD_CLOSE, 5, 7);
    struct finding_row *kind = tell(KIND_DOUBLE_CLOSE, 5, 6), *place = tell(KIND_BAD_CLOSE, 8, 5);
    finding_take_back(KIND_BAD_CLOSE, 5);
    cr_expect_eq(one->count, 0u);
    cr_expect_eq(two->count, 0u);
    cr_expect_eq(kind->count, 1u, "of another kind");
    cr_expect_eq(place->count, 1u, "the stack is there in another role only");
    cr_expect_eq(tell(KIND_BAD_CLOSE, 5, 6), one);
    cr_expect_eq(one->count, 1u);
    cr_expect_eq(one->amount, 10u);
}

Test(finding, has_room_for_so_much_evidence)
{
    struct finding finding;
    finding_begin(&finding, KIND_FD_LEAK, &self);
    for (unsigned i = 1; i <= 2 * FINDING_EVIDENCE_MAX; i++)
        finding_stack(&finding, ROLE_OPENED, i, 1);
    cr_expect_eq(finding.evidence_count, FINDING_EVIDENCE_MAX);
    const struct finding_row *row = finding_tell(&finding);
    cr_expect_eq(row->evidence_count, FINDING_EVIDENCE_MAX);
    cr_expect_eq(ROW(SECTION_EVIDENCE, struct evidence_row, row->evidence)->stack, 1u);
}
