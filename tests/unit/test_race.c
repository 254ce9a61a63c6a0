/* The race engine on single cases; tests/engine compares it with a naive model on random ones. */
#include <criterion/criterion.h>

#include "../engine/world.h"
#include "state/block.h"
#include "state/shadow.h"

#define AT 0x7f0000002000ul

static void begin(void)
{
    world_begin();
    world_create(1, 2);
    world_create(1, 3);
    world_create(1, 4);
    world_told = (struct world_told){0};
}

TestSuite(race, .init = begin, .fini = world_end);

Test(race, two_writes_without_order)
{
    world_access(2, AT, 4, ACCESS_WRITE, 22);
    cr_expect_eq(world_told.races, 0);
    world_access(3, AT + 2, 1, ACCESS_WRITE, 33);
    cr_expect_eq(world_told.races, 1);
    cr_expect_eq(world_told.pair[0].other, 2);
    cr_expect_eq(world_told.pair[0].other_stack, 22);
    cr_expect_eq(world_told.pair[0].here_stack, 33);
}

Test(race, neighbours_do_not_race)
{
    world_access(2, AT, 4, ACCESS_WRITE, 22);
    world_access(3, AT + 4, 4, ACCESS_WRITE, 33);
    world_access(4, AT + 8, 100, ACCESS_WRITE, 44);
    cr_expect_eq(world_told.races, 0);
}

Test(race, many_readers_then_a_write_finds_each)
{
    world_access(2, AT, 8, ACCESS_READ, 22);
    world_access(3, AT, 8, ACCESS_READ, 33);
    world_access(4, AT, 8, ACCESS_READ, 44);
    cr_expect_eq(world_told.races, 0);
    world_access(1, AT + 7, 1, ACCESS_WRITE, 11);
    cr_expect_eq(world_told.races, 3);
}

Test(race, atomics_race_with_plain_ones_only)
{
    world_access(2, AT, 4, ACCESS_WRITE | ACCESS_ATOMIC, 22);
    world_access(3, AT, 4, ACCESS_WRITE | ACCESS_ATOMIC, 33);
    cr_expect_eq(world_told.races, 0);
    world_access(4, AT, 4, ACCESS_READ, 44);
    cr_expect_eq(world_told.races, 2);
}

Test(race, order_through_a_lock)
{
    struct sync_clock lock = {0};
    world_access(2, AT, 8, ACCESS_WRITE, 22);
    vclock_release(&world_thread[2].clock, &lock);
    vclock_acquire(&world_thread[3].clock, &lock);
    world_access(3, AT, 8, ACCESS_WRITE, 33);
    cr_expect_eq(world_told.races, 0);
    world_access(2, AT, 8, ACCESS_READ, 23);
    cr_expect_eq(world_told.races, 1);
}

Test(race, covered_accesses_are_seen_on_the_fast_path)
{
    stamp_t now = world_thread[2].clock.now;
    cr_expect_not(shadow_covers(now, AT, 8, false));
    world_access(2, AT, 8, ACCESS_READ, 22);
    cr_expect(shadow_covers(now, AT, 8, false));
    cr_expect(shadow_covers(now, AT + 3, 2, false));
    cr_expect_not(shadow_covers(now, AT, 8, true));
    world_access(2, AT, 8, ACCESS_WRITE, 22);
    cr_expect(shadow_covers(now, AT, 8, true));
    cr_expect(shadow_covers(now, AT + 4, 4, false));
    cr_expect_not(shadow_covers(world_thread[3].clock.now, AT, 8, false));
}

Test(race, freed_memory_is_told_with_its_order)
{
    struct sync_clock lock = {0};
    block_born(&world_thread[2], AT, 64, FAMILY_MALLOC, 7);
    race_block_born(&world_thread[2], AT, 64);
    world_access(2, AT, 8, ACCESS_WRITE, 22);
    block_dying(block_find(AT), 8);
    race_block_dying(&world_thread[2], AT, 64, 8);
    world_access(3, AT + 60, 4, ACCESS_READ, 33);
    cr_expect_eq(world_told.freed, 1);
    cr_expect_eq(world_told.races, 0);
    cr_expect(world_told.race);
    cr_expect_eq(world_told.pair[0].other, 2);
    vclock_release(&world_thread[2].clock, &lock);
    vclock_acquire(&world_thread[3].clock, &lock);
    world_access(3, AT, 4, ACCESS_READ, 33);
    cr_expect_eq(world_told.freed, 2);
    cr_expect_not(world_told.race);
    block_born(&world_thread[4], AT, 64, FAMILY_MALLOC, 7);
    race_block_born(&world_thread[4], AT, 64);
    world_access(4, AT, 64, ACCESS_WRITE, 44);
    cr_expect_eq(world_told.freed, 2);
    cr_expect_eq(world_told.races, 0);
}

Test(race, free_is_a_write_to_the_block)
{
    block_born(&world_thread[2], AT, 64, FAMILY_MALLOC, 7);
    race_block_born(&world_thread[2], AT, 64);
    world_access(3, AT + 56, 8, ACCESS_READ, 33);
    block_dying(block_find(AT), 8);
    race_block_dying(&world_thread[2], AT, 64, 8);
    cr_expect_eq(world_told.races, 1);
    cr_expect_eq(world_told.pair[0].here, 2);
    cr_expect_eq(world_told.pair[0].other, 3);
}
