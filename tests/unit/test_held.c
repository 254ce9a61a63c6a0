/* The list of held locks and the numbers of its sets. */
#include <criterion/criterion.h>

#include "state/held.h"
#include "state/sync.h"

static struct thread self = {.number = 3, .sync_low = UINTPTR_MAX};

static struct sync *lock_at(uintptr_t i, enum sync_kind kind)
{
    struct sync *lock = sync_get(&self, 0x600000000000ul + i * 64, kind);
    cr_assert_not_null(lock);
    return lock;
}

static struct held *take(struct sync *lock, uint32_t stack)
{
    struct held *row = held_add(&self, lock, HELD_WRITE, stack);
    lock->owner = self.number;
    return row;
}

Test(held, keeps_hundreds_in_order)
{
    enum { COUNT = 300 };
    for (uintptr_t i = 0; i < COUNT; i++)
        cr_assert_not_null(take(lock_at(i, SYNC_MUTEX), 10));
    cr_expect_eq(self.held.count, COUNT);
    for (uintptr_t i = 0; i < COUNT; i += 2)
        cr_expect(held_remove(&self, held_find(&self, lock_at(i, SYNC_MUTEX))));
    cr_expect_eq(self.held.count, COUNT / 2);
    for (uint32_t i = 0; i < COUNT / 2; i++)
        cr_expect_eq(self.held.rows[i].lock, lock_at(2 * i + 1, SYNC_MUTEX));
}

Test(held, counts_recursion)
{
    struct sync *lock = lock_at(0, SYNC_MUTEX);
    take(lock, 10);
    struct held *row = take(lock, 11);
    cr_expect_eq(self.held.count, 1u);
    cr_expect_eq(row->depth, 2u);
    cr_expect_eq(row->stack, 10u, "where it was taken first");
    cr_expect_not(held_remove(&self, row));
    cr_expect(held_remove(&self, row));
    cr_expect_eq(self.held.count, 0u);
}

Test(held, does_not_hold_what_another_thread_released_or_what_is_gone)
{
    struct sync *lock = lock_at(0, SYNC_MUTEX), *gone = lock_at(1, SYNC_MUTEX);
    take(lock, 10);
    take(gone, 10);
    lock->owner = 0;
    sync_renew(gone, SYNC_MUTEX);
    gone->owner = self.number;
    cr_expect_null(held_find(&self, lock));
    cr_expect_null(held_find(&self, gone));
    take(lock_at(2, SYNC_MUTEX), 10);
    cr_expect_eq(self.held.count, 1u, "rows that are so no more do not stay for ever");
}

Test(held, names_equal_sets_equally)
{
    struct sync *a = lock_at(0, SYNC_MUTEX), *b = lock_at(1, SYNC_RWLOCK);
    uint32_t none = held_lockset(&self);
    cr_expect_eq(none, 0u);
    take(a, 10);
    uint32_t only_a = held_lockset(&self);
    take(b, 20);
    uint32_t both = held_lockset(&self);
    cr_expect(only_a && both && only_a != both);
    held_remove(&self, held_find(&self, b));
    cr_expect_eq(held_lockset(&self), only_a);
    take(b, 21);
    cr_expect_neq(held_lockset(&self), both, "taken elsewhere");
    uint32_t count;
    const struct held_row *rows = lockset_rows(both, &count);
    cr_assert_eq(count, 2u);
    cr_expect_eq(rows[0].address, a->address);
    cr_expect_eq(rows[1].stack, 20u);
    cr_expect_eq(rows[1].kind, SYNC_RWLOCK);
}

Test(held, puts_stack_and_locks_into_one_word)
{
    cr_expect_eq(context_of(&self, 77), 77u);
    cr_expect_eq(context_lockset(77), 0u);
    take(lock_at(0, SYNC_MUTEX), 10);
    context_t context = context_of(&self, 77);
    cr_expect_neq(context, 77u);
    cr_expect_eq(context_of(&self, 77), context);
    cr_expect_neq(context_of(&self, 78), context);
    cr_expect_eq(context_stack(context), 77u);
    cr_expect_eq(context_lockset(context), held_lockset(&self));
}

Test(held, is_inherited_without_its_stacks)
{
    struct thread child = {.number = 1};
    struct sync *lock = lock_at(0, SYNC_MUTEX);
    take(lock, 10);
    held_inherit(&child, &self);
    cr_expect_eq(held_find(&child, lock), &child.held.rows[0], "by whatever number it has there");
    cr_expect_eq(child.held.count, 1u);
    cr_expect_eq(child.held.rows[0].stack, 0u);
    cr_expect(child.held.rows[0].inherited);
}

/* More sets than a thread remembers at first, each with several stacks; asked for again, and in a
   child, where all numbers are others. */
Test(held, tells_contexts_apart_however_many_it_remembers)
{
    enum { SETS = 700, STACKS = 3 };
    static context_t contexts[SETS][STACKS];
    for (int round = 0; round < 2; round++)
        for (uint32_t set = 0; set < SETS; set++) {
            struct sync *lock = lock_at(set % 100, SYNC_MUTEX);
            take(lock, 10 + set / 100);
            for (uint32_t stack = 0; stack < STACKS; stack++) {
                context_t context = context_of(&self, 70 + stack);
                cr_expect_eq(context_stack(context), 70 + stack);
                cr_expect_eq(context_lockset(context), held_lockset(&self));
                if (round)
                    cr_expect_eq(context, contexts[set][stack]);
                contexts[set][stack] = context;
            }
            held_remove(&self, held_find(&self, lock));
        }
    take(lock_at(1, SYNC_MUTEX), 10);
    take(lock_at(2, SYNC_MUTEX), 10);
    context_of(&self, 70);
    held_after_fork();
    self.held.lockset = HELD_UNNAMED;
    self.held.hash = 0;
    context_t context = context_of(&self, 70);
    cr_expect_eq(context_stack(context), 70u);
    uint32_t count;
    lockset_rows(context_lockset(context), &count);
    cr_expect_eq(count, 2u);
}
