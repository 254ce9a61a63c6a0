/* Vector clocks: what they say beside the naive model, what they share, whose slots they use. */
#include <criterion/criterion.h>
#include <string.h>

#include "../engine/world.h"
#include "base/recording.h"
#include "state/vclock.h"

TestSuite(vclock, .init = world_begin, .fini = world_end, .timeout = 120);

static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((seed >> 33) % limit);
}

/* ---- the naive model: a vector of epochs per thread and object, indexed by thread for ever */

#define LIVE   8u  /* threads at once */
#define EVER   64u /* in one world */
#define LOCKS  3u  /* taken and given by one thread at a time */
#define JOINS  4u  /* objects of many releasers: readers, semaphores, C11 variables */
#define MARKS  200u
#define STEPS  1500u
#define WORLDS 150u

struct naive {
    uint32_t epoch[EVER];
};

static struct model {
    struct naive thread[EVER], lineage[EVER], lock[LOCKS], join[JOINS];
    struct sync_clock real_lock[LOCKS], real_join[JOINS];
    struct {
        uint64_t words[sizeof(struct vclock) / 8 + EVER];
    } inside[LOCKS];
    uint32_t live[LIVE];   /* thread + 1 of each struct, 0 none */
    uint32_t number[EVER]; /* what the world calls it */
    bool ended[EVER];
    int holder[LOCKS]; /* thread, -1 none */
    uint32_t threads, marks;
    struct mark {
        uint32_t thread, epoch, lineage_epoch;
        stamp_t stamp, lineage;
    } mark[MARKS];
} model;

static void join_naive(struct naive *to, const struct naive *from)
{
    for (uint32_t i = 0; i < EVER; i++)
        if (to->epoch[i] < from->epoch[i])
            to->epoch[i] = from->epoch[i];
}

static struct thread *real(uint32_t place)
{
    return &world_thread[place + 1];
}

static void model_begin(void)
{
    world_again();
    memset(&model, 0, sizeof model);
    model.live[0] = 1;
    model.threads = 1;
    model.number[0] = real(0)->number;
    model.thread[0].epoch[0] = model.lineage[0].epoch[0] = 1;
    static const uint32_t room[LOCKS] = {2, 6, EVER};
    for (uint32_t i = 0; i < LOCKS; i++) {
        model.holder[i] = -1;
        vclock_inside_set_up(&model.inside[i], room[i]);
    }
}

static void step_create(uint32_t place, uint32_t self)
{
    uint32_t at = random_below(LIVE);
    if (model.live[at] || model.threads == EVER)
        return;
    uint32_t made = model.threads++;
    model.live[at] = made + 1;
    model.number[made] = world_create(place + 1, at + 1);
    join_naive(&model.thread[made], &model.thread[self]);
    join_naive(&model.lineage[made], &model.lineage[self]);
    model.thread[made].epoch[made] = model.lineage[made].epoch[made] = 1;
    model.thread[self].epoch[self]++;
    model.lineage[self].epoch[self]++;
}

static bool holds_any(uint32_t self)
{
    for (uint32_t i = 0; i < LOCKS; i++)
        if (model.holder[i] == (int)self)
            return true;
    return false;
}

static void step_end(uint32_t place, uint32_t self)
{
    if (place == 0 || holds_any(self) || random_below(3))
        return;
    world_exit(place + 1);
    model.live[place] = 0;
    model.ended[self] = true;
}

static void step_join(uint32_t place, uint32_t self)
{
    uint32_t other = random_below(model.threads);
    if (!model.ended[other] || thread_row(model.number[other])->slot == 0)
        return;
    model.ended[other] = false; /* joined once */
    world_join(place + 1, model.number[other]);
    join_naive(&model.thread[self], &model.thread[other]);
    join_naive(&model.lineage[self], &model.lineage[other]);
}

static void step_lock(uint32_t place, uint32_t self)
{
    uint32_t i = random_below(LOCKS);
    if (model.holder[i] == -1) {
        model.holder[i] = (int)self;
        vclock_acquire(&real(place)->clock, &model.real_lock[i]);
        join_naive(&model.thread[self], &model.lock[i]);
    } else if (model.holder[i] == (int)self) {
        model.holder[i] = -1;
        if (random_below(4))
            vclock_release_inside(&real(place)->clock, &model.real_lock[i],
                                  (struct vclock *)&model.inside[i]);
        else
            vclock_release(&real(place)->clock, &model.real_lock[i]);
        model.lock[i] = model.thread[self];
        model.thread[self].epoch[self]++;
    }
}

static void step_object(uint32_t place, uint32_t self)
{
    uint32_t i = random_below(JOINS), j = random_below(JOINS), lock = random_below(LOCKS);
    switch (random_below(12)) {
    case 10:
        vclock_copy(&model.real_join[i], &model.real_lock[lock]);
        model.join[i] = model.lock[lock];
        break;
    case 11:
        vclock_join(&model.real_join[i], &model.real_lock[lock]);
        join_naive(&model.join[i], &model.lock[lock]);
        break;
    case 0:
        vclock_clear(&model.real_join[i]);
        model.join[i] = (struct naive){0};
        break;
    case 1:
        if (i != j) {
            vclock_copy(&model.real_join[i], &model.real_join[j]);
            model.join[i] = model.join[j];
        }
        break;
    case 2:
        if (i != j) {
            vclock_join(&model.real_join[i], &model.real_join[j]);
            join_naive(&model.join[i], &model.join[j]);
        }
        break;
    case 3:
        vclock_advance(&real(place)->clock);
        model.thread[self].epoch[self]++;
        break;
    case 4:
    case 5:
    case 6:
        vclock_release_join(&real(place)->clock, &model.real_join[i]);
        join_naive(&model.join[i], &model.thread[self]);
        model.thread[self].epoch[self]++;
        break;
    default:
        vclock_acquire(&real(place)->clock, &model.real_join[i]);
        join_naive(&model.thread[self], &model.join[i]);
    }
}

static void step_mark(uint32_t place, uint32_t self)
{
    model.mark[model.marks++ % MARKS] =
        (struct mark){.thread = self,
                      .epoch = model.thread[self].epoch[self],
                      .lineage_epoch = model.lineage[self].epoch[self],
                      .stamp = real(place)->clock.now,
                      .lineage = real(place)->lineage.now};
}

static void check(uint32_t world, uint32_t step)
{
    uint32_t count = model.marks < MARKS ? model.marks : MARKS;
    for (uint32_t place = 0; place < LIVE; place++) {
        if (!model.live[place])
            continue;
        uint32_t self = model.live[place] - 1;
        for (uint32_t i = 0; i < count; i++) {
            const struct mark *mark = &model.mark[i];
            bool knows = model.thread[self].epoch[mark->thread] >= mark->epoch;
            bool descends = model.lineage[self].epoch[mark->thread] >= mark->lineage_epoch;
            cr_assert_eq(vclock_knows(&real(place)->clock, mark->stamp), knows,
                         "world %u, step %u: does %u know of epoch %u of %u", world, step, self,
                         mark->epoch, mark->thread);
            cr_assert_eq(vclock_knows(&real(place)->lineage, mark->lineage), descends,
                         "world %u, step %u: lineage of %u, epoch %u of %u", world, step, self,
                         mark->lineage_epoch, mark->thread);
            cr_assert_eq(vclock_thread_of(mark->stamp), model.number[mark->thread]);
            if (vclock_is_settled(mark->stamp))
                cr_assert(knows, "world %u, step %u: settled, and %u does not know", world, step,
                          self);
        }
    }
}

Test(vclock, knows_what_the_naive_model_knows)
{
    for (uint32_t world = 0; world < WORLDS; world++) {
        seed = world;
        model_begin();
        for (uint32_t step = 0; step < STEPS; step++) {
            uint32_t place = random_below(LIVE);
            if (!model.live[place])
                continue;
            uint32_t self = model.live[place] - 1, what = random_below(20);
            if (what == 0)
                step_create(place, self);
            else if (what == 1)
                step_end(place, self);
            else if (what == 2)
                step_join(place, self);
            else if (what < 8)
                step_lock(place, self);
            else if (what < 15)
                step_object(place, self);
            else
                step_mark(place, self);
            if (step % 50 == 49)
                check(world, step);
        }
    }
    cr_expect_eq(vclock_forced, 0u);
}

/* The same with slots that run out of epochs all the time. */
Test(vclock, knows_it_too_when_threads_move_to_other_slots)
{
    vclock_epochs = 12;
    for (uint32_t world = 0; world < 40; world++) {
        seed = world + 1000;
        model_begin();
        for (uint32_t step = 0; step < STEPS; step++) {
            uint32_t place = random_below(LIVE), what = random_below(12);
            if (!model.live[place])
                continue;
            uint32_t self = model.live[place] - 1;
            if (what == 0)
                step_create(place, self);
            else if (what < 5)
                step_lock(place, self);
            else if (what < 9)
                step_object(place, self);
            else
                step_mark(place, self);
            if (step % 50 == 49)
                check(world, step);
        }
        cr_expect_gt(vclock_slots_used, 20u, "slots that have run out are left");
    }
}

/* ---- one thing each */

Test(vclock, a_stamp_is_a_slot_and_an_epoch_and_leaves_the_low_bits)
{
    struct thread_clock *clock = &world_thread[1].clock;
    stamp_t before = clock->now;
    cr_expect_eq(before & ~STAMP_MASK, 0u);
    cr_expect_eq(stamp_slot(before), 1u);
    vclock_advance(clock);
    cr_expect_eq(clock->now, before + STAMP_EPOCH);
    cr_expect_eq(stamp_slot(clock->now), 1u);
    world_create(1, 2);
    cr_expect_eq(stamp_slot(world_thread[2].clock.now), 2u);
    cr_expect(vclock_knows(&world_thread[2].clock, before | 0xfff),
              "a cell's own bits do not count");
    cr_expect(vclock_knows(&world_thread[2].clock, 0), "nobody's is known to everybody");
    cr_expect_not(vclock_knows(&world_thread[2].clock, clock->now));
}

Test(vclock, a_release_costs_a_word_and_no_vector)
{
    struct sync_clock object[200] = {0};
    struct thread_clock *clock = &world_thread[1].clock;
    for (unsigned i = 2; i < 40; i++)
        world_create(1, i);
    for (unsigned i = 2; i < 40; i++) {
        vclock_release_join(&world_thread[i].clock, &object[0]);
        vclock_acquire(clock, &object[0]);
    }
    uint64_t bytes = vclock_bytes;
    for (unsigned i = 1; i < 200; i++) {
        vclock_release(clock, &object[i]);
        cr_expect_eq(object[i].known, clock->known);
    }
    cr_expect_eq(vclock_bytes, bytes);
    cr_expect_eq(clock->known->references, 200u, "the thread's and 199 objects'");
}

Test(vclock, a_release_by_the_holder_writes_nothing_but_the_object)
{
    struct vclock_inside room = {0};
    struct vclock *inside = (struct vclock *)&room;
    struct sync_clock lock = {0};
    vclock_inside_set_up(&room, VCLOCK_INSIDE);
    for (unsigned i = 2; i < 6; i++)
        world_create(1, i);
    struct thread_clock *clock = &world_thread[2].clock;
    uint32_t references = clock->known->references;
    for (unsigned i = 2; i < 6; i++) {
        vclock_acquire(&world_thread[i].clock, &lock);
        vclock_release_inside(&world_thread[i].clock, &lock, inside);
        cr_expect_eq(lock.known, inside);
    }
    cr_expect_eq(clock->known->references, references, "nothing is shared");
    vclock_acquire(clock, &lock);
    cr_expect_eq(clock->known->references, references);
    cr_expect(vclock_knows(clock, world_thread[5].clock.now - STAMP_EPOCH));
    cr_expect_not(vclock_knows(clock, world_thread[5].clock.now));
    vclock_clear(&lock);
    cr_expect(inside->inside && inside->room == VCLOCK_INSIDE, "it goes with its object");
}

Test(vclock, what_an_object_was_given_does_not_grow_with_the_giver)
{
    struct sync_clock given = {0}, other = {0};
    world_create(1, 2);
    world_create(1, 3);
    stamp_t late = world_thread[3].clock.now;
    vclock_release(&world_thread[1].clock, &given);
    vclock_release(&world_thread[3].clock, &other);
    vclock_acquire(&world_thread[1].clock, &other);
    cr_expect(vclock_knows(&world_thread[1].clock, late));
    vclock_acquire(&world_thread[2].clock, &given);
    cr_expect_not(vclock_knows(&world_thread[2].clock, late));
}

Test(vclock, vectors_are_given_back)
{
    struct sync_clock objects[50] = {0};
    world_create(1, 2);
    world_create(1, 3);
    uint64_t bytes = 0;
    for (unsigned round = 0; round < 2000; round++) {
        unsigned self = 1 + round % 3;
        vclock_acquire(&world_thread[self].clock, &objects[round % 50]);
        vclock_release_join(&world_thread[self].clock, &objects[round % 50]);
        if (round % 3 == 0)
            vclock_clear(&objects[round * 7 % 50]);
        if (round == 500)
            bytes = vclock_bytes;
    }
    cr_expect_eq(vclock_bytes, bytes);
}

Test(vclock, order_by_locks_is_no_lineage)
{
    struct sync_clock lock = {0};
    world_create(1, 2);
    stamp_t clock = world_thread[2].clock.now, lineage = world_thread[2].lineage.now;
    vclock_release(&world_thread[2].clock, &lock);
    vclock_acquire(&world_thread[1].clock, &lock);
    cr_expect(vclock_knows(&world_thread[1].clock, clock));
    cr_expect_not(vclock_knows(&world_thread[1].lineage, lineage));
    uint32_t number = world_thread[2].number;
    world_exit(2);
    world_join(1, number);
    cr_expect(vclock_knows(&world_thread[1].lineage, lineage));
}

/* ---- slots */

static struct thread many[SLOT_COUNT + 8];

/* Not through the world, which has few structs. */
static bool create(struct thread *creator, struct thread *made)
{
    static uint32_t number = 1000;
    memset(made, 0, sizeof *made);
    made->number = ++number;
    made->row = thread_row(number);
    memset(made->row, 0, sizeof *made->row);
    return vclock_thread_create(made, creator);
}

Test(vclock, one_thread_after_another_uses_one_slot)
{
    struct thread *self = &world_thread[1];
    stamp_t first = 0, middle = 0;
    uint32_t first_number = 0, middle_number = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        cr_assert(create(self, &many[0]));
        first = i == 0 ? many[0].clock.now : first;
        first_number = i == 0 ? many[0].number : first_number;
        middle = i == 500 ? many[0].clock.now : middle;
        middle_number = i == 500 ? many[0].number : middle_number;
        uint32_t number = many[0].number;
        vclock_thread_gone(&many[0]);
        vclock_thread_joined(self, number);
    }
    cr_expect_leq(vclock_slots_used, 3u);
    cr_expect_eq(vclock_forced, 0u);
    cr_expect_eq(vclock_thread_of(first), first_number, "whose a slot was then");
    cr_expect_eq(vclock_thread_of(middle), middle_number);
    cr_expect_eq(recording->unobserved & UNOBSERVED_THREAD_ENDS, 0u);
}

Test(vclock, a_slot_is_not_used_again_by_who_does_not_know_of_its_end)
{
    struct sync_clock object = {0};
    cr_assert(create(&world_thread[1], &many[0]));
    uint32_t slot = stamp_slot(many[0].clock.now);
    stamp_t stamp = many[0].clock.now;
    vclock_release(&many[0].clock, &object);
    vclock_thread_gone(&many[0]);
    cr_assert(create(&world_thread[1], &many[1]));
    cr_expect_neq(stamp_slot(many[1].clock.now), slot);
    cr_expect_not(vclock_knows(&many[1].clock, stamp), "it was never joined");
    /* What it released is not its end yet: one more epoch was begun. */
    vclock_acquire(&world_thread[1].clock, &object);
    cr_assert(create(&world_thread[1], &many[2]));
    cr_expect_neq(stamp_slot(many[2].clock.now), slot);
    cr_expect(vclock_knows(&many[2].clock, stamp));
}

Test(vclock, when_too_many_ends_are_unknown_the_oldest_is_taken_and_it_is_said)
{
    struct thread *self = &world_thread[1];
    stamp_t oldest = 0;
    for (uint32_t i = 0; i < SLOTS_WAITING + 100; i++) {
        cr_assert(create(self, &many[0]));
        oldest = i == 0 ? many[0].clock.now : oldest;
        if (i <= SLOTS_WAITING) {
            cr_assert_eq(vclock_forced, 0u, "after %u threads", i);
            cr_assert_not(recording->unobserved & UNOBSERVED_THREAD_ENDS);
        }
        vclock_thread_gone(&many[0]);
    }
    cr_expect_eq(vclock_forced, 99u);
    cr_expect(recording->unobserved & UNOBSERVED_THREAD_ENDS);
    cr_expect_eq(vclock_slots_used, SLOTS_WAITING + 3, "0, the first thread, and those that wait");
    cr_expect_eq(vclock_thread_of(oldest) == many[0].number, false);
}

Test(vclock, the_slots_are_8191_threads_at_once)
{
    for (uint32_t i = 0; i < SLOT_COUNT - 2; i++)
        cr_assert(create(&world_thread[1], &many[i]), "thread %u", i);
    cr_expect_eq(recording->unobserved & UNOBSERVED_RACES, 0u);
    cr_expect_not(create(&world_thread[1], &many[SLOT_COUNT]));
    cr_expect_eq(many[SLOT_COUNT].clock.now, 0u, "who has no clock is not watched");
    cr_expect(recording->unobserved & UNOBSERVED_RACES);
    uint32_t number = many[5].number;
    vclock_thread_gone(&many[5]);
    vclock_thread_joined(&world_thread[1], number);
    cr_expect(create(&world_thread[1], &many[SLOT_COUNT]));
    cr_expect_eq(vclock_forced, 0u);
}

Test(vclock, who_was_adopted_knows_of_all_that_has_begun)
{
    world_create(1, 2);
    stamp_t present = world_thread[2].clock.now;
    cr_assert(create(NULL, &many[0]));
    cr_expect_not(vclock_knows(&many[0].clock, present));
    vclock_thread_adopted(&many[0]);
    cr_expect(vclock_knows(&many[0].clock, present));
    vclock_advance(&world_thread[2].clock);
    cr_expect_not(vclock_knows(&many[0].clock, world_thread[2].clock.now));
}

/* Joined by another thread, and known by a lock: ordered, but no ancestor. */
Test(vclock, an_end_that_is_known_by_locks_alone_waits_too)
{
    struct sync_clock lock = {0};
    struct thread *self = &world_thread[1], *other = &world_thread[2];
    world_create(1, 2);
    for (uint32_t i = 0; i < SLOTS_WAITING + 10; i++) {
        cr_assert(create(self, &many[0]));
        uint32_t number = many[0].number;
        stamp_t lineage = many[0].lineage.now;
        vclock_thread_gone(&many[0]);
        vclock_thread_joined(other, number);
        vclock_release(&other->clock, &lock);
        vclock_acquire(&self->clock, &lock);
        cr_assert(create(self, &many[1]));
        bool waits = !(recording->unobserved & UNOBSERVED_LOCK_ORDERS);
        if (waits)
            cr_assert_not(vclock_knows(&many[1].lineage, lineage));
        cr_assert_eq(waits, i < SLOTS_WAITING, "thread %u", i);
        number = many[1].number;
        vclock_thread_gone(&many[1]);
        vclock_thread_joined(self, number);
    }
    cr_expect_eq(vclock_forced, 0u, "no order is made up between accesses");
}

/* ---- worlds */

Test(vclock, what_an_object_has_from_before_a_fork_is_nothing)
{
    struct sync_clock object = {0}, taken = {0};
    world_create(1, 2);
    world_create(1, 3);
    vclock_release_join(&world_thread[2].clock, &object);
    vclock_release_join(&world_thread[3].clock, &object);
    for (unsigned i = 0; i < 10; i++)
        vclock_release(&world_thread[2].clock, &taken);
    taken.lock = 1; /* another thread of the parent was at it */
    cr_expect_not(vclock_is_clear(&object));
    world_again();
    cr_expect(vclock_is_clear(&object));
    cr_expect(vclock_is_clear(&taken));
    world_create(1, 2);
    vclock_acquire(&world_thread[1].clock, &object);
    vclock_acquire(&world_thread[1].clock, &taken);
    cr_expect_not(vclock_knows(&world_thread[1].clock, world_thread[2].clock.now));
    cr_expect_null(world_thread[1].clock.known);
    /* Its lock is free, and it carries order again. */
    stamp_t stamp = world_thread[2].clock.now;
    vclock_release(&world_thread[2].clock, &taken);
    vclock_acquire(&world_thread[1].clock, &taken);
    cr_expect(vclock_knows(&world_thread[1].clock, stamp));
}
