/* The checks of moved code: tags and cells of filters, thunks, locations of synchronisation. Random
   programs through all of them: tests/engine. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "detect/race.h"
#include "rewrite/location.h"
#include "rewrite/own.h"
#include "state/shadow.h"
#include "state/slots.h"
#include "state/sync.h"
#include "tests/engine/moved.h"

#define MEMORY 0x7f0012000000ul
#define LOAD   (SITE_MOVE | SITE_LOADS)
#define STORE  (SITE_MOVE | SITE_WRITE)

static void set_up(void)
{
    world_begin();
    cr_assert(moved_begin(FORM_GS));
    moved_switch(1);
}

static void tear_down(void)
{
    world_end();
}

static uint32_t cell_of(unsigned thread, uintptr_t address)
{
    const struct own *own = world_thread[thread].rewrite;
    return *filter_cell(&own->filter, address);
}

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* A tag of any number; 0 now and then. */
static uint32_t some_tag(uint64_t *random)
{
    struct tag_block block = {.next = next_random(random) % (TAG_BLOCKS_MOST * TAG_BLOCK)};
    if (next_random(random) % 4 == 0)
        block.next &= 63 * 31;
    block.end = block.next + 1;
    return next_random(random) % 8 ? tag_take(&block) : 0;
}

/* No view of two cells side by side, but the aligned one, is a tag, whatever they say of bytes. */
Test(check, unaligned_views_are_no_tags)
{
    uint64_t random = 88172645463325252ull;
    for (int i = 0; i < 1000000; i++) {
        uint32_t own = some_tag(&random), kinds = (uint32_t)CELL_KINDS;
        uint32_t cells[2] = {some_tag(&random) | ((uint32_t)next_random(&random) & kinds),
                             some_tag(&random) | ((uint32_t)next_random(&random) & kinds)};
        for (int c = 0; c < 2; c++)
            if (next_random(&random) % 4 == 0)
                cells[c] = own | ((uint32_t)next_random(&random) & kinds);
        if (!own)
            continue;
        cr_assert_eq(own & kinds, 0);
        for (unsigned k = 1; k < 4; k++) {
            uint32_t view;
            memcpy(&view, (char *)cells + k, 4);
            cr_assert_neq(view | kinds, own | kinds);
        }
        cr_assert_neq((uint32_t)SLOTS_STALE, own | kinds);
        cr_assert_neq(cells[0] | kinds, (uint32_t)SLOTS_STALE);
    }
}

Test(check, tags_are_given_once, .init = set_up, .fini = tear_down)
{
    static bool seen[1u << 21]; /* by what tags do not have in common */
    for (uint32_t number = 0; number < TAG_BLOCKS_MOST * TAG_BLOCK; number++) {
        struct tag_block block = {number, number + 1};
        uint32_t tag = tag_take(&block);
        bool *at = &seen[(tag >> 3 & 31) | (tag >> 11 & 31) << 5 | (tag >> 19 & 31) << 10 |
                         (tag >> 26) << 15];
        cr_assert(!*at);
        *at = true;
    }
}

Test(check, tags_are_given_once_a_round, .init = set_up, .fini = tear_down)
{
    static uint8_t given[1u << 20];
    struct tag_block a = {0}, b = {0};
    tag_blocks = 8;
    tag_rounds = 0;
    uint32_t kept = tag_take(&a); /* an epoch that lasts */
    uint32_t kept_block = a.end;
    uint32_t *cell = filter_cell(&filters[0], MEMORY);
    for (uint64_t round = 0; round < 5;) {
        memset(given, 0, sizeof given);
        *cell = 0xdead;
        while (tag_rounds == round) {
            uint32_t number = b.next == b.end ? 0 : b.next;
            uint32_t tag = tag_take(&b);
            if (tag_rounds != round)
                break;
            cr_assert(tag);
            cr_assert_neq(tag, kept);
            cr_assert_neq(b.end, kept_block, "a block that is held is given out");
            if (number)
                cr_assert_eq(given[number]++, 0);
        }
        cr_assert_eq(*cell, 0, "cells are left from the round before");
        round = tag_rounds;
    }
}

/* What was held when cells were emptied may have left some since. */
Test(check, a_held_block_waits_a_round, .init = set_up, .fini = tear_down)
{
    struct tag_block a = {0}, b = {0};
    tag_blocks = 4;
    tag_rounds = 0;
    for (int i = 0; i < 3; i++)
        b.next = b.end, tag_take(&b);
    tag_take(&a);
    uint32_t held = a.end; /* the last one */
    while (tag_rounds < 1)
        b.next = b.end, tag_take(&b);
    a.next = a.end; /* now it is given back */
    tag_take(&a);
    for (;;) {
        b.next = b.end, tag_take(&b);
        if (tag_rounds != 1)
            break;
        cr_assert_neq(b.end, held);
    }
}

Test(check, a_cell_hits_in_its_epoch, .init = set_up, .fini = tear_down)
{
    cr_assert_not(moved_access(1, MEMORY, 8, LOAD, 1));
    cr_assert(moved_access(1, MEMORY, 8, LOAD, 1));
    cr_assert(moved_access(1, MEMORY + 4, 4, LOAD, 1));
    cr_assert(moved_access(1, MEMORY + 3, 1, LOAD, 1));
    cr_assert(moved_access(1, MEMORY + 2, 2, LOAD, 1));
    cr_assert_not(moved_access(1, MEMORY + 1, 4, LOAD, 1), "an unaligned access never hits");
    cr_assert_not(moved_access(1, MEMORY, 8, STORE, 1));
    cr_assert(moved_access(1, MEMORY, 8, STORE, 1));
    cr_assert(moved_access(1, MEMORY, 8, LOAD, 1), "what was written counts as read");
    vclock_advance(&world_thread[1].clock);
    cr_assert_not(moved_access(1, MEMORY, 8, LOAD, 1));
}

Test(check, bytes_fill_a_cell, .init = set_up, .fini = tear_down)
{
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_not(moved_access(1, MEMORY + i, 1, STORE, 1));
        cr_assert(moved_access(1, MEMORY + i, 1, STORE, 1), "each hits by itself");
    }
    cr_assert(moved_access(1, MEMORY, 4, STORE, 1));
    cr_assert_not(moved_access(1, MEMORY + 17, 1, LOAD, 1));
    cr_assert_not(moved_access(1, MEMORY + 16, 2, LOAD, 2), "half of it");
    cr_assert_not(moved_access(1, MEMORY + 18, 2, LOAD, 3));
    cr_assert(moved_access(1, MEMORY + 16, 4, LOAD, 1), "whatever their stacks");
    cr_assert_not(moved_access(1, MEMORY + 18, 2, STORE, 4));
    cr_assert_not(moved_access(1, MEMORY + 16, 1, STORE, 1), "they were read");
    uint64_t first = shadow_cells(MEMORY + 16)[0];
    cr_assert_not(moved_access(1, MEMORY + 16, 4, LOAD, 5), "part read, part written");
    cr_assert_eq(shadow_cells(MEMORY + 16)[0], first, "the thunk knows that it is on record");
    cr_assert_eq(shadow_contexts(MEMORY + 16)[0], context_of(&world_thread[1], 1));
    cr_assert_not(moved_access(1, MEMORY + 16, 8, LOAD, 6), "four bytes of eight");
    cr_assert_neq(shadow_cells(MEMORY + 16)[0], first, "are not all");
    cr_assert_not(moved_access(1, MEMORY + 16, 4, STORE, 1));
    cr_assert_not(moved_access(1, MEMORY + 4, 1, STORE, 1));
}

Test(check, a_range_sets_what_it_covers, .init = set_up, .fini = tear_down)
{
    const uint64_t registers[3] = {61, MEMORY + 1026, MEMORY + 3};
    moved_string(1, 1, SITE_REPEATED | SITE_TARGET | SITE_WRITE | SITE_SOURCE, registers, 1);
    cr_assert_not(moved_access(1, MEMORY + 2, 1, STORE, 1), "bytes before it were not written");
    cr_assert(moved_access(1, MEMORY + 3, 1, STORE, 1));
    for (unsigned i = 4; i < 64; i += 4)
        cr_assert(moved_access(1, MEMORY + i, 4, STORE, 1));
    cr_assert_eq(cell_of(1, MEMORY + 64), 0);
    cr_assert_not(moved_access(1, MEMORY + 1025, 1, LOAD, 1), "bytes before it were not read");
    cr_assert(moved_access(1, MEMORY + 1026, 2, LOAD, 1));
    cr_assert(moved_access(1, MEMORY + 1028, 4, LOAD, 1));
    cr_assert_not(moved_access(1, MEMORY + 1028, 4, STORE, 1));
}

Test(check, memory_that_changes_hands_is_emptied, .init = set_up, .fini = tear_down)
{
    moved_access(1, MEMORY, 8, STORE, 1);
    moved_access(1, MEMORY + 8, 8, STORE, 1);
    race_memory_new(&world_thread[1], MEMORY, MEMORY + 8);
    cr_assert_eq(cell_of(1, MEMORY), 0);
    cr_assert_neq(cell_of(1, MEMORY + 8), 0);
    race_memory_gone(&world_thread[1], MEMORY - (1 << 20), MEMORY + (1 << 20));
    cr_assert_eq(cell_of(1, MEMORY + 8), 0);
}

Test(check, windows_are_covered_on_demand, .init = set_up, .fini = tear_down)
{
    uintptr_t elsewhere = 0x7d0000001000ul;
    cr_assert_not(filter_has(elsewhere));
    cr_assert(filter_cover(elsewhere));
    cr_assert(filter_has(elsewhere));
    cr_assert_eq(*filter_cell(&filters[3], elsewhere), 0);
    cr_assert(filter_cover(elsewhere), "that it is there already is no error");
    cr_assert_not(filter_cover(0x1000), "out of reach of a distance");
    cr_assert_not(filter_cover(~0ul));
}

Test(check, a_forks_child_is_not_watched, .init = set_up, .fini = tear_down)
{
    moved_access(1, MEMORY, 8, STORE, 1);
    cr_assert_neq(cell_of(1, MEMORY), 0);
    pid_t child = fork();
    if (child == 0) {
        bool wiped = cell_of(1, MEMORY) == 0;
        check_after_fork();
        bool hits =
            moved_access(1, MEMORY, 8, STORE, 1) && moved_access(1, MEMORY + 64, 8, LOAD, 1);
        moved_access(1, MEMORY, 1, STORE, 1); /* the thunk says no more than that */
        _exit(wiped && hits ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
}

/* Every register and flag that the program has, through every thunk and both of its parts. */
Test(check, thunks_keep_registers, .init = set_up, .fini = tear_down)
{
    uint64_t random = 88172645463325252ull;
    static const enum rewrite_thunk thunks[] = {THUNK_CHECK, THUNK_BEFORE, THUNK_AFTER,
                                                THUNK_STRING, THUNK_RANGE};
    moved_access(1, MEMORY, 8, STORE, 1);
    moved_before(1, MEMORY + 512, 8, 1);
    moved_after(1);
    for (int i = 0; i < 20000; i++) {
        uint64_t before[16], after[16];
        for (int r = 0; r < 15; r++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            before[r] = random;
        }
        enum rewrite_thunk thunk = thunks[random % 5];
        if (thunk == THUNK_STRING) {
            before[1] = random >> 20 & 31;
            before[5] = before[6] = MEMORY + 2048 + (random >> 32 & 255);
        }
        /* CF PF AF ZF SF OF, DF, and what is always set. */
        before[15] = (random >> 5 & 0xcd5) | 0x202;
        moved_knows = random & 1 << 18;
        uintptr_t address = MEMORY + (thunk == THUNK_BEFORE || thunk == THUNK_AFTER ? 512 : 0) +
                            (random >> 24 & 7) * 8;
        rewrite_slots.address = address;
        rewrite_slots.site = moved_site(8, thunk == THUNK_STRING ? SITE_STRING | SITE_REPEATED |
                                                                       SITE_TARGET | SITE_WRITE
                                                                 : STORE);
        if (random & 1 << 19)
            vclock_advance(&world_thread[1].clock);
        memcpy(after, before, sizeof after);
        moved_call_registers(check_thunks[thunk], after);
        for (int r = 0; r < 15; r++)
            cr_assert_eq(after[r], before[r], "thunk %d, register %d", (int)thunk, r);
        uint64_t flags = thunk == THUNK_CHECK ? 0x400 : 0xcd5;
        cr_assert_eq(after[15] & flags, before[15] & flags, "thunk %d, flags", (int)thunk);
    }
    cr_assert_eq(world_told.races, 0);
}

Test(check, a_locked_flag_passes_messages, .init = set_up, .fini = tear_down)
{
    uintptr_t flag = MEMORY + 256, message = MEMORY, beside = MEMORY + 64;
    world_create(1, 2);
    moved_created(2);
    moved_access(2, flag, 4, LOAD, 1); /* polls before anybody knows what it is */
    moved_access(1, message, 8, STORE, 2);
    moved_before(1, flag, 4, 3);
    moved_after(1);
    cr_assert_eq(world_told.races, 0, "a mov of a flag that xchg writes");
    moved_access(1, beside, 8, STORE, 4);
    cr_assert_not(moved_access(2, flag, 4, LOAD, 5), "a location has no cells");
    moved_access(2, message, 8, LOAD, 6);
    cr_assert_eq(world_told.races, 0, "the message was passed");
    moved_access(2, beside, 8, LOAD, 7);
    cr_assert_eq(world_told.races, 1, "what was written after the flag was not");
    cr_assert_eq(world_told.pair[0].other_stack, 4);
    cr_assert_eq(world_told.pair[0].here_stack, 7);
}

/* The same for movs that are known for an atomic variable's; with a context that is known, and with
   one that has to be found. */
Test(check, movs_of_an_atomic_pass_messages, .init = set_up, .fini = tear_down)
{
    world_create(1, 2);
    moved_created(2);
    for (int i = 0; i < 2; i++) {
        uintptr_t flag = MEMORY + 256 + 16 * i, message = MEMORY + 16 * i;
        moved_knows = i;
        moved_access(1, message, 8, STORE, 1);
        cr_assert_not(moved_access(1, flag, 4, STORE | SITE_ATOMIC, 2));
        cr_assert_not(moved_access(1, flag, 4, STORE | SITE_ATOMIC, 3), "a location has no cells");
        moved_access(2, flag, 4, LOAD | SITE_ATOMIC, 4);
        moved_access(2, message, 8, LOAD, 5);
        cr_assert_eq(world_told.races, 0);
    }
    moved_access(1, MEMORY + 8, 8, STORE, 6);
    moved_access(2, MEMORY + 8, 8, LOAD, 7);
    cr_assert_eq(world_told.races, 1, "written after the last flag");
}

/* A thread that has read the flag before anybody knew what it is may load it once more behind its
   check: it learns at its next step. */
Test(check, who_read_a_location_before_learns_of_it, .init = set_up, .fini = tear_down)
{
    uintptr_t flag = MEMORY + 256, message = MEMORY;
    world_create(1, 2);
    moved_created(2);
    moved_access(2, flag, 4, LOAD, 1);
    cr_assert(moved_access(2, flag, 4, LOAD, 1), "its load is still to come");
    moved_access(1, message, 8, STORE, 2);
    moved_before(1, flag, 4, 3);
    moved_after(1);
    moved_access(2, message, 8, LOAD, 4);
    cr_assert_eq(world_told.races, 0);
}

/* One thread counts again and again: its tag stays, what it does meanwhile is seen all the same
   once somebody learns of the counter. */
Test(check, a_counter_of_ones_own_keeps_the_tag, .init = set_up, .fini = tear_down)
{
    uintptr_t counter = MEMORY + 256;
    world_create(1, 2);
    moved_created(2);
    for (int i = 0; i < 3; i++) {
        moved_before(1, counter, 4, 1);
        moved_after(1);
    }
    moved_access(1, MEMORY, 8, STORE, 2);
    moved_before(1, counter, 4, 1);
    moved_after(1);
    cr_assert(moved_access(1, MEMORY, 8, STORE, 2), "nobody learnt of it");
    moved_access(2, counter, 4, LOAD, 3);
    moved_access(2, MEMORY, 8, LOAD, 4);
    cr_assert_eq(world_told.races, 0);
    moved_before(1, counter, 4, 1);
    moved_after(1);
    cr_assert_not(moved_access(1, MEMORY, 8, STORE, 5));
    cr_assert_eq(world_told.races, 1);
}

/* Not a mov, or not all of it: what it does is no atomic's operation. */
Test(check, other_accesses_of_a_location_race, .init = set_up, .fini = tear_down)
{
    uintptr_t location = MEMORY + 256;
    world_create(1, 2);
    moved_created(2);
    moved_before(1, location, 8, 1);
    moved_after(1);
    moved_access(2, location, 8, SITE_LOADS | SITE_WRITE, 2);
    cr_assert_eq(world_told.races, 1);
    world_told.races = 0;
    world_create(1, 3);
    moved_created(3);
    moved_before(1, location + 64, 8, 1);
    moved_after(1);
    moved_access(3, location + 66, 4, STORE, 2);
    cr_assert_eq(world_told.races, 1);
}

Test(check, a_location_goes_with_its_memory, .init = set_up, .fini = tear_down)
{
    moved_before(1, MEMORY, 4, 1);
    moved_after(1);
    cr_assert(location_is(MEMORY, 4));
    cr_assert_not(location_is(MEMORY + 4, 4));
    race_memory_new(&world_thread[1], MEMORY, MEMORY + 64);
    sync_memory_gone(MEMORY, MEMORY + 64, NULL, NULL);
    cr_assert_not(location_is(MEMORY, 4));
    moved_access(1, MEMORY, 4, LOAD, 1);
    cr_assert(moved_access(1, MEMORY, 4, LOAD, 1));
}
