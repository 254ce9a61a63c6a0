/* The rules of REWRITE.md, 3, one after another: the first that matches wins. */
#include "race_verdict.h"

#include <criterion/criterion.h>
#include <string.h>

/* A mov of 4 aligned bytes whose lines were read and whose type is plain. */
static struct race_side plain(void)
{
    return (struct race_side){
        .code = {.decoded = true, .move = true, .size = 4, .line_read = true, .type = TYPE_PLAIN},
        .size = 4,
        .address = 0x1000,
    };
}

static unsigned confidence(struct race_side here, struct race_side earlier)
{
    struct race_verdict one = race_verdict_of(&here, &earlier);
    struct race_verdict other = race_verdict_of(&earlier, &here);
    cr_expect_eq(one.confidence, other.confidence, "either way round");
    cr_expect_eq(one.dropped, other.dropped);
    return one.confidence;
}

Test(race_verdict, plain_types_with_their_source_read_are_certain)
{
    cr_expect_eq(confidence(plain(), plain()), CONFIDENCE_CERTAIN);
}

Test(race_verdict, plain_types_without_source_are_possible)
{
    struct race_side side = plain();
    side.code.line_read = false;
    cr_expect_eq(confidence(side, plain()), CONFIDENCE_POSSIBLE);
}

Test(race_verdict, movs_without_types_are_possible)
{
    struct race_side side = plain();
    side.code.type = TYPE_UNKNOWN;
    cr_expect_eq(confidence(side, side), CONFIDENCE_POSSIBLE);
    cr_expect_eq(confidence(side, plain()), CONFIDENCE_POSSIBLE);
}

Test(race_verdict, what_no_atomic_operation_looks_like_is_sure)
{
    struct race_side add = plain(), unknown = plain();
    add.code.move = false;
    unknown.code.type = TYPE_UNKNOWN;
    cr_expect_eq(confidence(add, plain()), CONFIDENCE_CERTAIN);
    add.code.type = TYPE_UNKNOWN;
    cr_expect_eq(confidence(add, unknown), CONFIDENCE_LIKELY);
    struct race_side wide = unknown;
    wide.size = wide.code.size = 16;
    cr_expect_eq(confidence(wide, unknown), CONFIDENCE_LIKELY);
    struct race_side narrow = unknown;
    narrow.size = 2;
    cr_expect_eq(confidence(narrow, unknown), CONFIDENCE_LIKELY, "two sizes");
    struct race_side skewed = unknown;
    skewed.address = 0x1001;
    cr_expect_eq(confidence(skewed, skewed), CONFIDENCE_LIKELY, "not aligned");
}

Test(race_verdict, neighbours_that_one_instruction_touched_are_no_wider_access)
{
    struct race_side here = plain(), both = plain();
    here.code.type = both.code.type = TYPE_UNKNOWN;
    here.address += 4;
    both.size = 8; /* on record: two stores of 4 bytes */
    cr_expect_eq(confidence(here, both), CONFIDENCE_POSSIBLE);
    both.code.size = 8;
    cr_expect_eq(confidence(here, both), CONFIDENCE_LIKELY);
}

Test(race_verdict, calls_are_never_atomic)
{
    struct race_side call = {.by_call = true, .size = 4, .address = 0x1000}, side = plain();
    cr_expect_eq(confidence(call, side), CONFIDENCE_CERTAIN, "the other side says what it is");
    side.code.type = TYPE_UNKNOWN;
    cr_expect_eq(confidence(call, side), CONFIDENCE_LIKELY);
}

Test(race_verdict, volatile_is_meant)
{
    struct race_side side = plain();
    side.variable = TYPE_VOLATILE;
    cr_expect_eq(confidence(side, plain()), CONFIDENCE_POSSIBLE);
    struct race_side add = plain();
    add.code.move = false;
    cr_expect_eq(confidence(side, add), CONFIDENCE_POSSIBLE, "before what it looks like");
}

Test(race_verdict, lines_that_name_atomics_are_possible)
{
    struct race_side side = plain();
    side.code.names_atomic = true;
    cr_expect_eq(confidence(side, plain()), CONFIDENCE_POSSIBLE);
    cr_expect(access_line_names_atomic("while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))"));
    cr_expect(access_line_names_atomic("x = READ_ONCE(p->count);"));
    cr_expect(access_line_names_atomic("server.stat = atomicGet(n);"));
    cr_expect_not(access_line_names_atomic("total += table[i].count;"));
}

Test(race_verdict, atomic_operations_do_not_race_with_each_other)
{
    struct race_side load = plain(), store = plain();
    load.code.in_operation = true;
    store.code.type = TYPE_ATOMIC;
    struct race_verdict verdict = race_verdict_of(&load, &store);
    cr_expect(verdict.dropped);
    cr_expect_eq(confidence(load, plain()), CONFIDENCE_POSSIBLE, "one side only");
    cr_expect_not(race_verdict_of(&load, &(struct race_side){.by_call = true}).dropped);
}

Test(race_verdict, a_mov_beside_a_locked_instruction_may_be_atomic_and_an_add_may_not)
{
    struct race_side locked = plain(), add = plain();
    locked.code.move = false;
    locked.code.locked = locked.atomic = true;
    add.code.move = false;
    cr_expect_eq(confidence(locked, plain()), CONFIDENCE_POSSIBLE);
    cr_expect_eq(confidence(locked, add), CONFIDENCE_CERTAIN);
}

Test(race_verdict, a_load_that_a_cmov_chooses_is_only_possible)
{
    struct race_side chosen = plain();
    chosen.code.speculative = true;
    cr_expect_eq(confidence(chosen, plain()), CONFIDENCE_POSSIBLE);
}

Test(race_verdict, inside_a_library_that_runs_threads_races_are_only_possible)
{
    struct race_side add = plain(), inside = plain();
    add.code.move = false;
    add.runtime = inside.runtime = true;
    cr_expect_eq(confidence(add, inside), CONFIDENCE_POSSIBLE);
    inside.runtime = false;
    cr_expect_eq(confidence(add, inside), CONFIDENCE_CERTAIN, "the program's own side");
}

Test(race_verdict, what_is_polled_by_loads_alone_may_be_changed_in_any_way)
{
    struct race_side add = plain(), polled = plain(), locked = plain();
    add.code.move = false;
    polled.atomic = true;
    cr_expect_eq(confidence(add, polled), CONFIDENCE_POSSIBLE);
    locked.atomic = locked.code.locked = true;
    locked.code.move = false;
    cr_expect_eq(confidence(add, locked), CONFIDENCE_CERTAIN);
    add.by_call = true;
    cr_expect_eq(confidence(add, polled), CONFIDENCE_CERTAIN, "libc knows nothing of it");
}

Test(race_verdict, a_free_is_no_atomic_operation)
{
    struct race_side freed = {.by_call = true, .freed = true, .size = 4, .address = 0x1000};
    struct race_side locked = plain(), named = plain();
    locked.atomic = locked.code.locked = true;
    locked.code.move = false;
    named.code.names_atomic = true;
    cr_expect_eq(confidence(freed, locked), CONFIDENCE_LIKELY);
    locked.code.in_operation = true;
    cr_expect_eq(confidence(freed, locked), CONFIDENCE_LIKELY);
    cr_expect_eq(confidence(freed, named), CONFIDENCE_POSSIBLE, "whose order was not seen");
}
