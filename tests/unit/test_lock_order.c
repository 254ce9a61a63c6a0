/* Lock orders against the naive reference: random programs of locks, creations and joins, in which
   every choice of uses is tried. And the components against reachability. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/world.h"
#include "base/recording.h"
#include "detect/lock_components.h"
#include "detect/lock_order.h"
#include "detect/lock_order_tell.h"
#include "state/sync.h"

enum { THREADS = 5, LOCKS = 5, USES = 64, STEPS = 90, PROGRAMS = 30000 };

/* In place of detect/lock_order_tell.c. */
static uint32_t told, longest;

void lock_order_tell(const struct thread *self, struct cycle_step *steps, uint32_t count)
{
    (void)self;
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_neq(steps[i].use->thread, steps[(i + 1) % count].use->thread);
        cr_assert_eq(steps[(i + 1) % count].has->id, steps[i].wants->id);
    }
    told++;
    longest = count > longest ? count : longest;
}

void lock_order_tell_after_fork(void)
{
}

/* ---- the reference ---- */

struct naive_use {
    int thread;
    uint32_t time[THREADS]; /* what the thread knew by creation and join */
    int wants, mode;
    int held[LOCKS]; /* mode, 0 not held */
};
static struct naive_use uses[USES];
static int use_count;

static bool before(const struct naive_use *a, const struct naive_use *b)
{
    return b->time[a->thread] >= a->time[a->thread];
}

static bool can_meet(const struct naive_use *a, const struct naive_use *b)
{
    if (a->thread == b->thread || before(a, b) || before(b, a))
        return false;
    for (int i = 0; i < LOCKS; i++)
        if (a->held[i] && b->held[i] && (a->held[i] == HELD_WRITE || b->held[i] == HELD_WRITE))
            return false;
    return true;
}

static bool waits_for(const struct naive_use *a, const struct naive_use *b)
{
    int has = b->held[a->wants];
    return has && (a->mode == HELD_WRITE || has == HELD_WRITE);
}

static bool extends(const int *chain, int count)
{
    const struct naive_use *last = &uses[chain[count - 1]];
    if (count > 1 && waits_for(last, &uses[chain[0]]))
        return true;
    for (int i = 0; i < use_count && count < THREADS; i++) {
        bool fits = waits_for(last, &uses[i]);
        for (int j = 0; j < count && fits; j++)
            fits = can_meet(&uses[chain[j]], &uses[i]);
        int longer[THREADS];
        memcpy(longer, chain, (size_t)count * sizeof *chain);
        longer[count] = i;
        if (fits && extends(longer, count + 1))
            return true;
    }
    return false;
}

static bool naive_cycle(void)
{
    for (int i = 0; i < use_count; i++)
        if (extends(&i, 1))
            return true;
    return false;
}

/* ---- random programs ---- */

static struct sync locks[LOCKS];
static uint32_t ids;
static uint32_t now[THREADS][THREADS];
static enum { UNBORN, ALIVE, JOINED } state[THREADS];
static uint32_t number[THREADS];

static struct thread *thread_at(int t)
{
    return &world_thread[t + 1];
}

static void note(int t, int lock, int mode)
{
    struct naive_use *use = &uses[use_count++];
    *use = (struct naive_use){.thread = t, .wants = lock, .mode = mode};
    memcpy(use->time, now[t], sizeof use->time);
    const struct held_set *set = &thread_at(t)->held;
    for (uint32_t i = 0; i < set->count; i++)
        use->held[set->rows[i].lock - locks] = set->rows[i].mode;
}

/* Nobody else has it, or all of us read. */
static bool can_take(int lock, enum held_mode mode)
{
    for (int t = 0; t < THREADS; t++)
        for (uint32_t i = 0; i < thread_at(t)->held.count; i++) {
            const struct held *row = &thread_at(t)->held.rows[i];
            if (row->lock == &locks[lock] && (mode == HELD_WRITE || row->mode == HELD_WRITE))
                return false;
        }
    return true;
}

static void take(int t, int lock)
{
    struct thread *self = thread_at(t);
    enum held_mode mode = lock >= LOCKS - 2 && rand() % 2 ? HELD_READ : HELD_WRITE;
    bool tried = rand() % 8 == 0;
    if (held_find(self, &locks[lock]) || !can_take(lock, mode))
        return;
    lock_order_taken(self, &locks[lock], mode, tried, 1);
    now[t][t]++;
    if (!tried && self->held.count && use_count < USES)
        note(t, lock, mode);
    locks[lock].owner = mode == HELD_WRITE ? self->number : 0;
    held_add(self, &locks[lock], mode, 1);
}

static void give(int t)
{
    struct held_set *set = &thread_at(t)->held;
    if (!set->count)
        return;
    struct held *row = &set->rows[rand() % (int)set->count];
    row->depth = 1;
    row->lock->owner = 0;
    held_remove(thread_at(t), row);
}

/* Any thread may create or join any other. */
static void settle(int t, int other)
{
    if (state[other] == UNBORN) {
        memcpy(now[other], now[t], sizeof now[t]);
        now[t][t]++;
        number[other] = world_create((unsigned)t + 1, (unsigned)other + 1);
        state[other] = ALIVE;
    } else if (state[other] == ALIVE && other > 0 && !thread_at(other)->held.count) {
        now[other][other]++; /* what it did is known; what it did not do cannot be asked for */
        for (int i = 0; i < THREADS; i++)
            now[t][i] = now[t][i] < now[other][i] ? now[other][i] : now[t][i];
        world_exit((unsigned)other + 1);
        world_join((unsigned)t + 1, number[other]);
        state[other] = JOINED;
    }
}

static void run_program(unsigned seed)
{
    srand(seed);
    world_again();
    memset(now, 0, sizeof now);
    memset(state, 0, sizeof state);
    state[0] = ALIVE;
    use_count = 0;
    told = 0;
    for (int i = 0; i < LOCKS; i++)
        locks[i].id = ++ids, locks[i].owner = 0;
    for (int i = 0; i < THREADS; i++)
        thread_at(i)->held.count = 0;
    for (int i = rand() % THREADS; i > 0; i--)
        settle(0, i);
    for (int i = 0; i < STEPS; i++) {
        int t = rand() % THREADS, kind = rand() % 10;
        if (state[t] != ALIVE)
            continue;
        if (kind < 6)
            take(t, rand() % LOCKS);
        else if (kind < 9)
            give(t);
        else if ((kind = rand() % THREADS) != t)
            settle(t, kind);
    }
}

static void begin(void)
{
    world_begin();
    observing.locks = 1;
    for (int i = 0; i < LOCKS; i++)
        locks[i].kind = i >= LOCKS - 2 ? SYNC_RWLOCK : SYNC_MUTEX;
}

Test(lock_order, agrees_with_the_reference, .init = begin, .fini = world_end)
{
    uint32_t cycles = 0, long_ones = 0;
    for (unsigned seed = 1; seed <= PROGRAMS; seed++) {
        longest = 0;
        run_program(seed);
        bool naive = naive_cycle();
        cr_assert_eq(naive, told > 0, "program %u: %s", seed, naive ? "missed" : "invented");
        cycles += naive;
        long_ones += longest > 2;
    }
    /* Both verdicts, and longer cycles, must have been met, or nothing was tested. */
    cr_log_info("%u of %u programs have a cycle, %u a long one", cycles, PROGRAMS, long_ones);
    cr_expect_gt(cycles, PROGRAMS / 50);
    cr_expect_lt(cycles, PROGRAMS / 50 * 49);
    cr_expect_gt(long_ones, PROGRAMS / 1000);
}

/* ---- components ---- */

enum { NODES = 40 };
static bool reach[NODES][NODES];

static void close_over(int from, int to)
{
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++)
            if ((i == from || reach[i][from]) && (j == to || reach[to][j]))
                reach[i][j] = true;
}

Test(lock_order, components_are_what_reaches_each_other, .init = begin, .fini = world_end)
{
    static struct sync syncs[NODES];
    cr_assert(graph_start());
    for (unsigned seed = 1; seed <= 300; seed++) {
        srand(seed);
        memset(reach, 0, sizeof reach);
        struct node *nodes[NODES];
        for (int i = 0; i < NODES; i++) {
            syncs[i].id = ++ids;
            nodes[i] = graph_node(&syncs[i]);
        }
        for (int edges = 0; edges < NODES * 2; edges++) {
            int from = rand() % NODES, to = rand() % NODES;
            if (from == to)
                continue;
            graph_edge(nodes[from], nodes[to]);
            close_over(from, to);
            for (int i = 0; i < NODES; i++)
                for (int j = 0; j < NODES; j++) {
                    bool one = nodes[i]->component == nodes[j]->component;
                    cr_assert_eq(one, i == j || (reach[i][j] && reach[j][i]));
                    if (reach[i][j] && !one)
                        cr_assert_lt(nodes[i]->component->order, nodes[j]->component->order);
                }
        }
    }
}

/* Locks that are no more make room: 64 MB are used up several times over. */
Test(lock_order, forgets_locks_that_are_gone, .init = begin, .fini = world_end)
{
    static struct sync pair[2];
    world_create(1, 2);
    for (uint32_t i = 0; i < 600000; i++) {
        struct thread *self = &world_thread[1 + i % 2];
        pair[0].id = ++ids;
        pair[1].id = ++ids;
        pair[0].owner = self->number;
        held_add(self, &pair[0], HELD_WRITE, 1);
        lock_order_taken(self, &pair[1], HELD_WRITE, false, 1);
        held_remove(self, held_find(self, &pair[0]));
    }
    cr_expect(!graph_is_full());
    cr_expect_eq(recording->unobserved & UNOBSERVED_LOCK_ORDERS, 0);
}
