/* The second order, of what may be atomic: followed back through notes and the true order. */
#include <criterion/criterion.h>

#include "../engine/world.h"
#include "format/recording.h"
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

Test(maybe_order, what_is_learnt_in_an_epoch_that_others_know_is_not_of_it)
{
    struct sync_clock flag = {0}, object = {0};
    stamp_t third = now(4);
    vclock_release_for(now(2), &flag);
    vclock_acquire(&world_thread[3].clock, &flag);
    pass(4, 2);
    vclock_release(&world_thread[2].clock, &object);
    vclock_acquire(&world_thread[3].clock, &object);
    cr_expect(vclock_knows(&world_thread[3].clock, third), "by what came after the flag");
}

Test(maybe_order, what_is_learnt_by_an_operation_that_releases_too)
{
    struct sync_clock flag = {0}, object = {0};
    stamp_t third = now(4);
    vclock_release_for(now(2), &flag);
    vclock_acquire(&world_thread[3].clock, &flag);
    vclock_release(&world_thread[4].clock, &object);
    vclock_modify(&world_thread[2].clock, &object, true);
    vclock_acquire(&world_thread[3].clock, &object);
    cr_expect(vclock_knows(&world_thread[3].clock, third));
}

Test(maybe_order, flags_of_those_who_know_an_epoch_while_it_lasts_were_not_seen)
{
    uint32_t by[MAYBE_MOST];
    struct sync_clock flag = {0};
    stamp_t lent = now(2);
    vclock_release_for(lent, &flag);
    vclock_acquire(&world_thread[3].clock, &flag);
    stamp_t before = now(3);
    maybe_order_lent(&world_thread[2], lent);
    cr_expect_gt(now(2), lent, "another epoch");
    cr_expect_eq(maybe_order_find(&world_thread[2], before, by), 1);
    cr_expect_eq(by[0], MAYBE_UNSEEN);
    vclock_advance(&world_thread[3].clock);
    cr_expect_eq(found(2, now(3)), 0, "what comes after");
    cr_expect_eq(found(2, now(4)), 0, "who does not know it");
    cr_expect_eq(found(3, now(2)), 0, "not the other way");
}

Test(maybe_order, notes_of_unseen_flags_make_room_for_newer_ones)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct sync_clock flag = {0};
        stamp_t lent = now(2);
        vclock_release_for(lent, &flag);
        vclock_acquire(&world_thread[3].clock, &flag);
        vclock_advance(&world_thread[3].clock);
        maybe_order_lent(&world_thread[2], lent);
        cr_assert_eq(found(2, now(3)), 1);
    }
    maybe_order_add(now(4), now(2), 1);
    cr_expect_eq(found(2, now(4)), 1, "there is room for another");
}
