#include "own_order.h"

#include <criterion/criterion.h>

Test(own_order, instructions_that_lock_are_found)
{
    cr_expect_eq(own_order_in_file(ORDER_BY_LOCK), MODULE_ORDER_ATOMICS);
    cr_expect_eq(own_order_in_file(ORDER_BY_EXCHANGE), MODULE_ORDER_ATOMICS);
}

Test(own_order, atomic_types_are_found_where_plain_movs_do_the_work)
{
    cr_expect_eq(own_order_in_file(ORDER_BY_TYPE), MODULE_ORDER_ATOMICS);
}

Test(own_order, other_code_has_none)
{
    cr_expect_eq(own_order_in_file(ORDER_BY_NOTHING), MODULE_ORDER_CALLS);
}

Test(own_order, what_cannot_be_read_may_have_some)
{
    cr_expect_eq(own_order_in_file("/nowhere/at/all"), MODULE_ORDER_ATOMICS);
}

Test(own_order, atomics_of_instrumented_code_are_seen)
{
    cr_expect_eq(own_order_in_file(ORDER_BY_INSTRUMENTED), MODULE_ORDER_SEEN);
}
