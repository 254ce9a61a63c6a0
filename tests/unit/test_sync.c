/* Synchronisation objects by address, against a plain list; addresses are made up. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "state/sync.h"

#define BASE 0x7f0000ff0000ul /* the range crosses regions of 16 MB */
#define SPAN 0x20000ul

static struct thread self = {.number = 1, .sync_low = UINTPTR_MAX};

static uint32_t count_all;
static void count(struct sync *sync, void *with)
{
    cr_expect(sync->address != 0);
    count_all++;
}

Test(sync, is_found_only_at_its_address_and_kind)
{
    cr_expect_null(sync_find(BASE));
    struct sync *sync = sync_get(&self, BASE + 4, SYNC_SPIN);
    cr_assert_not_null(sync);
    struct sync *beside = sync_get(&self, BASE, SYNC_SPIN); /* the same cell */
    cr_expect_neq(sync, beside);
    cr_expect_eq(sync_get(&self, BASE + 4, SYNC_SPIN), sync);
    cr_expect_eq(sync_find(BASE + 4), sync);
    cr_expect_eq(sync_find_kind(BASE, SYNC_SPIN), beside);
    cr_expect_null(sync_find_kind(BASE, SYNC_MUTEX));
    cr_expect_null(sync_find(BASE + 2));
    cr_expect_null(sync_find(UINTPTR_MAX));
}

Test(sync, is_another_one_when_made_anew)
{
    struct sync *sync = sync_get(&self, BASE, SYNC_MUTEX);
    uint32_t id = sync->id;
    sync->owner = 7;
    cr_assert_not_null(sync_more(sync));
    sync->more->waits = 3;
    sync_renew(sync, SYNC_MUTEX);
    cr_expect_neq(sync->id, id);
    cr_expect_eq(sync->owner, 0u);
    cr_expect_eq(sync->more->waits, 0u);
    id = sync->id;
    cr_expect_eq(sync_get(&self, BASE, SYNC_RWLOCK), sync, "another kind at the same address");
    cr_expect_neq(sync->id, id);
    sync_retire(sync);
    cr_expect_null(sync_find(BASE));
    cr_expect_eq(sync->id, 0u, "rows that still name it see that it is gone");
}

Test(sync, goes_with_its_memory)
{
    enum { COUNT = 3000 };
    bool there[SPAN / 8] = {false};
    srand(5);
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < COUNT / 200; i++) {
            uint32_t at = (uint32_t)rand() % (SPAN / 8);
            there[at] = true;
            cr_assert_not_null(sync_get(&self, BASE + at * 8, SYNC_MUTEX));
        }
        uintptr_t start = (uint32_t)rand() % SPAN, size = (uint32_t)rand() % 4096,
                  end = start + size < SPAN ? start + size : SPAN;
        bool any = false;
        uint32_t visited = 0, expected = 0;
        for (uintptr_t at = 0; at < SPAN; at += 8)
            if (at >= start && at < end && there[at / 8]) {
                any = true;
                expected++;
                there[at / 8] = false;
            }
        if (any)
            cr_expect(sync_may_lie(BASE + start, BASE + end));
        count_all = 0;
        sync_memory_gone(BASE + start, BASE + end, count, NULL);
        visited = count_all;
        cr_expect_eq(visited, expected);
        cr_expect_not(sync_may_lie_in(BASE + ((start + 255) & ~255ul), BASE + (end & ~255ul)),
                      "whole lines that are empty cost nothing");
    }
    uint32_t left = 0;
    for (uintptr_t at = 0; at < SPAN; at += 8) {
        left += there[at / 8];
        cr_expect_eq(sync_find(BASE + at) != NULL, there[at / 8]);
    }
    count_all = 0;
    sync_each(count, NULL);
    cr_expect_eq(count_all, left);
}

Test(sync, of_a_stack_lowers_the_mark_of_its_thread)
{
    self.stack_low = BASE;
    self.stack_high = BASE + SPAN;
    struct sync *sync = sync_get(&self, BASE + 800, SYNC_MUTEX);
    cr_expect(sync->flags & SYNC_ON_STACK);
    cr_expect_eq(self.sync_low, BASE + 800);
    sync_get(&self, BASE + 1600, SYNC_MUTEX);
    cr_expect_eq(self.sync_low, BASE + 800);
    sync_get(&self, BASE + 80, SYNC_MUTEX);
    cr_expect_eq(self.sync_low, BASE + 80);
    cr_expect_not(sync_get(&self, BASE + SPAN, SYNC_MUTEX)->flags & SYNC_ON_STACK);
}
