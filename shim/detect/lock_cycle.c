/*
 * The naive search would choose uses one after another, each of which holds what the one before
 * waits for and can meet all before it, until one waits for what the first holds. This is it,
 * within one component, for cycles of two first, then of three, of four, and then of any length,
 * with a bound on the steps of all together.
 */
#include "detect/lock_cycle.h"

#define STEPS_MOST 20000u

static bool knows(const struct use *use, stamp_t stamp)
{
    return vclock_knows(&use->lineage, stamp);
}

bool uses_can_meet(const struct use *a, const struct use *b)
{
    if (a->thread == b->thread || knows(a, b->lineage.now) || knows(b, a->lineage.now))
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        for (uint32_t j = 0; j < b->count; j++)
            if (a->held[i].id == b->held[j].id &&
                (a->held[i].mode == HELD_WRITE || b->held[j].mode == HELD_WRITE))
                return false;
    return true;
}

static const struct use_held *holds(const struct use *use, uint32_t id)
{
    for (uint32_t i = 0; i < use->count; i++)
        if (use->held[i].id == id)
            return &use->held[i];
    return NULL;
}

/* Does who wants the lock in this mode wait for who has it in that? */
static bool blocks(uint32_t wanted, const struct use_held *has)
{
    return has && (wanted == HELD_WRITE || has->mode == HELD_WRITE);
}

struct search {
    struct cycle_step step[CYCLE_MOST];
    /* Where the choice of each step stands: an edge out of the lock that the step before wants. */
    const struct edge *edge[CYCLE_MOST];
    uint32_t use[CYCLE_MOST];
    uint32_t steps;
    bool (*found)(struct cycle_step *steps, uint32_t count, void *with);
    void *with;
};

/* May the use that step `at` stands at follow all before it? Fills in the step. */
static bool fits(struct search *search, uint32_t at)
{
    const struct edge *edge = search->edge[at];
    const struct use *use = edge->uses[search->use[at]];
    const struct cycle_step *before = &search->step[at - 1];
    const struct use_held *has = holds(use, before->wants->id);
    if (!blocks(before->use->mode, has))
        return false;
    for (uint32_t i = 0; i < at; i++)
        if (!uses_can_meet(search->step[i].use, use))
            return false;
    search->step[at] = (struct cycle_step){use, has, edge->to};
    return true;
}

/* Moves step `at` to its next choice that fits; false when there is none left. */
static bool advance(struct search *search, uint32_t at)
{
    while (search->edge[at]) {
        const struct edge *edge = search->edge[at];
        uint32_t use = search->use[at]++;
        if (!edge_in_cycle(edge) || use >= edge->count) {
            search->edge[at] = edge->next_out;
            search->use[at] = 0;
            continue;
        }
        search->steps++;
        search->use[at] = use;
        bool fit = fits(search, at);
        search->use[at] = use + 1;
        if (fit)
            return true;
        if (search->steps >= STEPS_MOST)
            return false;
    }
    return false;
}

static void enter(struct search *search, uint32_t at)
{
    search->edge[at] = search->step[at - 1].wants->out;
    search->use[at] = 0;
}

/* Cycles of at least `least` and at most `most` uses. False: enough. */
static bool search_depth(struct search *search, uint32_t least, uint32_t most)
{
    uint32_t at = 1;
    enter(search, 1);
    while (at > 0 && search->steps < STEPS_MOST) {
        if (!advance(search, at)) {
            at--;
            continue;
        }
        const struct cycle_step *last = &search->step[at];
        const struct use_held *closes = holds(search->step[0].use, last->wants->id);
        if (blocks(last->use->mode, closes)) {
            search->step[0].has = closes;
            if (at + 1 >= least && !search->found(search->step, at + 1, search->with))
                return false;
        } else if (!closes && at + 1 < most) {
            enter(search, ++at);
        }
    }
    return true;
}

void cycle_search(const struct use *use, const struct node *wants,
                  bool (*found)(struct cycle_step *, uint32_t, void *), void *with)
{
    static struct search search; /* LOCK_ORDER; too large for a stack */
    search.step[0] = (struct cycle_step){.use = use, .wants = wants};
    search.steps = 0;
    search.found = found;
    search.with = with;
    if (search_depth(&search, 2, 2) && search_depth(&search, 3, 3) && search_depth(&search, 4, 4))
        search_depth(&search, 5, CYCLE_MOST);
}
