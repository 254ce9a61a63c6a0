/* The race engine on single cases; tests/engine compares it with a naive model on random ones. */
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../engine/world.h"
#include "base/recording.h"
#include "state/block.h"
#include "state/options.h"
#include "state/record_set.h"
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

/* Granules of a range that look alike are judged once, but the first of these is not touched where
   it conflicts. */
Test(race, a_range_that_begins_within_a_granule_sees_all_of_the_next)
{
    for (uintptr_t at = AT; at < AT + 16; at += 8) {
        world_access(2, at, 4, ACCESS_WRITE, 22);
        world_access(3, at + 4, 4, ACCESS_READ, 33);
        world_access(4, at + 4, 4, ACCESS_READ, 44);
    }
    world_access(1, AT + 4, 12, ACCESS_READ, 11);
    cr_expect_eq(world_told.races, 1);
    cr_expect_eq(world_told.pair[0].granule, AT + 8);
    cr_expect_eq(world_told.pair[0].other, 2);
}

Test(race, what_is_meant_on_one_granule_is_told_on_the_next)
{
    world_access(2, AT, 32, ACCESS_READ, 22);
    world_access(3, AT, 32, ACCESS_READ, 33);
    world_access(4, AT, 32, ACCESS_READ, 44);
    race_benign(&world_thread[1], AT, 8);
    world_access(1, AT, 32, ACCESS_WRITE, 11);
    cr_expect_eq(world_told.races, 3);
    cr_expect_eq(world_told.pair[0].granule, AT + 8);
}

Test(race, a_range_over_many_blocks_knows_which_is_freed)
{
    for (uintptr_t at = AT; at < AT + 144; at += 48) {
        block_born(&world_thread[2], at, 48, FAMILY_MALLOC, 7);
        race_block_born(&world_thread[2], at, 48);
    }
    block_dying(block_find(AT + 48), 8);
    race_block_dying(&world_thread[2], AT + 48, 48, 8);
    world_access(3, AT, 144, ACCESS_WRITE, 33);
    cr_expect_eq(world_told.freed, 1);
    cr_expect_eq(world_told.pair[0].granule, AT + 48);
    cr_expect(shadow_covers(world_thread[3].clock.now, AT + 40, 8, true));
    cr_expect(shadow_covers(world_thread[3].clock.now, AT + 96, 8, true));
}

/* Three readers of each of count granules, whose stacks make each set another. */
static void read_by_three(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned t = 2; t <= 4; t++)
            world_access(t, AT + i * 8, 8, ACCESS_READ, 100 + i * 4 + t);
}

Test(race, past_the_limit_the_oldest_sets_go_and_are_counted)
{
    const uint64_t room = 16 * 64;
    options.number[OPTION_SHADOW_SIZE] = 3 * 4096 + room;
    read_by_three(16);
    cr_expect_eq(record_set_evicted, 0);
    cr_expect_not(recording->unobserved & UNOBSERVED_READ_SETS);
    read_by_three(40);
    cr_expect_leq(record_set_bytes + record_list_bytes, room);
    cr_expect_geq(record_set_evicted, 24 * 2);
    cr_expect(recording->unobserved & UNOBSERVED_READ_SETS);
    cr_expect_eq(world_told.races, 0);
    /* A free sees what is left, and makes no sets of its own. */
    race_block_dying(&world_thread[1], AT + 39 * 8, 8, 11);
    cr_expect_eq(world_told.races, 3, "the newest set is still there");
    for (unsigned i = 0; i < 39; i++)
        race_block_dying(&world_thread[1], AT + i * 8, 8, 11);
    cr_expect_eq(world_told.races, 40 * 3 - record_set_evicted, "what went was counted");
    world_told.races = 0;
    /* There is no room for another page. */
    cr_expect_not(recording->unobserved & UNOBSERVED_RACES);
    world_access(2, AT + 4096, 8, ACCESS_WRITE, 22);
    world_access(3, AT + 4096, 8, ACCESS_WRITE, 33);
    cr_expect_eq(world_told.races, 0);
    cr_expect(recording->unobserved & UNOBSERVED_RACES);
}

static size_t resident(const void *at, size_t size)
{
    unsigned char pages[256];
    size_t count = 0;
    cr_assert_eq(mincore((void *)((uintptr_t)at & -4096ul), size, pages), 0);
    for (size_t i = 0; i < size / 4096; i++)
        count += pages[i] & 1;
    return count;
}

Test(race, shadow_goes_back_to_the_system_with_its_memory)
{
    world_access(2, AT, 64 * 4096, ACCESS_WRITE, 22);
    read_by_three(40);
    cr_expect_eq(shadow_pages, 64);
    cr_expect_eq(resident(shadow_cells(AT), 128 * 4096), 128);
    cr_expect_eq(resident(shadow_contexts(AT), 64 * 4096), 64);
    race_memory_gone(&world_thread[1], AT, AT + 64 * 4096);
    cr_expect_eq(shadow_pages, 0);
    cr_expect_eq(resident(shadow_cells(AT), 128 * 4096), 0);
    cr_expect_eq(resident(shadow_contexts(AT), 64 * 4096), 0);
    cr_expect_eq(record_set_bytes + record_list_bytes, 0);
    world_told.races = 0;
    world_access(3, AT, 64 * 4096, ACCESS_WRITE, 33);
    cr_expect_eq(world_told.races, 0, "what lies there now is another's");
}

Test(race, without_address_space_accesses_are_unobserved_and_nothing_else_happens)
{
    world_access(2, AT, 8, ACCESS_WRITE, 22);
    const struct rlimit none = {.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
    struct rlimit before;
    getrlimit(RLIMIT_AS, &before);
    setrlimit(RLIMIT_AS, &none);
    world_access(2, AT + SHADOW_REGION_SIZE, 64, ACCESS_WRITE, 22);
    world_access(3, AT + SHADOW_REGION_SIZE, 64, ACCESS_WRITE, 33);
    world_access(3, AT, 8, ACCESS_WRITE, 33);
    setrlimit(RLIMIT_AS, &before);
    cr_expect_eq(world_told.races, 1, "where there is shadow it still works");
    cr_expect_eq(world_told.pair[0].granule, AT);
    cr_expect(recording->unobserved & UNOBSERVED_RACES);
}
