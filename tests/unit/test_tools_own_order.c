#include "own_order.h"

#include <criterion/criterion.h>

Test(own_order, instructions_that_lock_are_found)
{
    cr_expect(own_order_in_file(ORDER_BY_LOCK));
    cr_expect(own_order_in_file(ORDER_BY_EXCHANGE));
}

Test(own_order, atomic_types_are_found_where_plain_movs_do_the_work)
{
    cr_expect(own_order_in_file(ORDER_BY_TYPE));
}

Test(own_order, other_code_has_none)
{
    cr_expect_not(own_order_in_file(ORDER_BY_NOTHING));
}

Test(own_order, what_cannot_be_read_may_have_some)
{
    cr_expect(own_order_in_file("/nowhere/at/all"));
}
