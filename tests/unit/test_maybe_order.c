/* The second order, of what may be atomic: followed back through notes and the true order. */
#include <criterion/criterion.h>

#include "../engine/world.h"
#include "state/maybe_order.h"

static void begin(void)
{
    world_begin();
    for (unsigned i = 2; i <= 4; i++)
        world_create(1, i);
    maybe_order_after_fork();
}

TestSuite(maybe_order, .init = begin, .fini = world_end, .timeout = 60);

static stamp_t now(unsigned thread)
{
    return world_thread[thread].clock.now;
}

static void pass(unsigned from, unsigned to)
{
    struct sync_clock object = {0};
    vclock_release(&world_thread[from].clock, &object);
    vclock_acquire(&world_thread[to].clock, &object);
}

static uint32_t found(unsigned thread, stamp_t earlier)
{
    uint32_t by[MAYBE_MOST];
    return maybe_order_find(&world_thread[thread], earlier, by);
}

Test(maybe_order, a_store_orders_its_past_before_the_load)
{
    uint32_t by[MAYBE_MOST];
    stamp_t before = now(2);
    vclock_advance(&world_thread[2].clock);
    cr_expect_eq(found(3, before), 0);
    maybe_order_add(now(2), now(3), 7);
    cr_expect_eq(maybe_order_find(&world_thread[3], before, by), 1);
    cr_expect_eq(by[0], 7);
    vclock_advance(&world_thread[2].clock);
    cr_expect_eq(found(3, now(2)), 0, "what comes after the store");
    cr_expect_eq(found(4, before), 0, "another thread");
}

Test(maybe_order, it_goes_on_through_locks_on_both_sides)
{
    stamp_t before = now(4);
    pass(4, 2);
    vclock_advance(&world_thread[3].clock);
    stamp_t early = now(3);
    vclock_advance(&world_thread[3].clock);
    maybe_order_add(now(2), now(3), 1);
    cr_expect_eq(found(3, before), 1, "what the storing thread had learnt");
    cr_expect_eq(found(1, before), 0);
    pass(3, 1);
    cr_expect_eq(found(1, before), 1, "who has learnt of the load");
    cr_expect(vclock_knows(&world_thread[1].clock, early));
}

Test(maybe_order, it_goes_on_through_other_notes)
{
    stamp_t before = now(2);
    maybe_order_add(now(2), now(3), 1);
    vclock_advance(&world_thread[3].clock);
    cr_expect_eq(found(4, before), 0);
    maybe_order_add(now(3), now(4), 2);
    cr_expect_eq(found(4, before), 1);
}

Test(maybe_order, a_flag_that_changes_hands_often_is_one_note)
{
    for (unsigned i = 0; i < 5000; i++) {
        vclock_advance(&world_thread[2].clock);
        maybe_order_add(now(2), now(3), 1);
    }
    cr_expect_eq(found(3, now(2)), 1);
    maybe_order_add(now(2), now(4), 2);
    cr_expect_eq(found(4, now(2)), 1, "there is room for another");
}

Test(maybe_order, what_a_thread_released_can_be_said_for_it)
{
    struct sync_clock object = {0};
    stamp_t third = now(4), own = now(2);
    pass(4, 2);
    vclock_advance(&world_thread[2].clock);
    vclock_release_for(own, &object);
    vclock_acquire(&world_thread[3].clock, &object);
    cr_expect(vclock_knows(&world_thread[3].clock, own));
    cr_expect(vclock_knows(&world_thread[3].clock, third));
    cr_expect_not(vclock_knows(&world_thread[3].clock, now(2)), "its next epoch");
}
