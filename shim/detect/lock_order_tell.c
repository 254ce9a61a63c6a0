#include "detect/lock_order_tell.h"

#include "base/memory.h"
#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/depot.h"

#define PLACES_MOST 8u   /* of one told cycle that are compared; longer ones by their hash */
#define TOLD_MOST   512u /* then new ones are told without comparing */
#define SEEN_SLOTS  4096u

struct told {
    uint64_t places[PLACES_MOST]; /* ascending */
    uint64_t all;                 /* hash of all places */
    uint32_t count;
    struct finding_row *row;
};
static struct told *told; /* wiped by a fork */
static uint32_t told_count;
static uint64_t *seen; /* hashes of cycles of locks: each is counted once */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

static uint64_t place_of_step(const struct cycle_step *step)
{
    return mix(mix(1, step->has->stack), step->use->stack);
}

/* Ascending, each once. */
static uint32_t places_of(const struct cycle_step *steps, uint32_t count, uint64_t *places)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t place = place_of_step(&steps[i]);
        uint32_t at = kept;
        while (at > 0 && places[at - 1] > place)
            at--;
        if (at > 0 && places[at - 1] == place)
            continue;
        for (uint32_t j = kept++; j > at; j--)
            places[j] = places[j - 1];
        places[at] = place;
    }
    return kept;
}

static bool has_all(const uint64_t *places, uint32_t count, const struct told *known)
{
    uint32_t at = 0, most = known->count < PLACES_MOST ? known->count : PLACES_MOST;
    if (known->count > count)
        return false;
    for (uint32_t i = 0; i < most; i++) {
        while (at < count && places[at] < known->places[i])
            at++;
        if (at == count || places[at] != known->places[i])
            return false;
    }
    return true;
}

/* These very locks were met before, in any order of the search. */
static bool seen_before(const struct cycle_step *steps, uint32_t count, uint64_t all)
{
    uint64_t hash = all;
    for (uint32_t i = 0; i < count; i++)
        hash += mix(7, (uint64_t)steps[i].wants->id << 32 | steps[(i + 1) % count].has->id);
    hash |= 1;
    uint32_t slot = (uint32_t)(mix(3, hash) >> 32) % SEEN_SLOTS;
    if (seen[slot] == hash)
        return true;
    seen[slot] = hash;
    return false;
}

/* The program's own order of addresses, which is the same in each run: where the list begins must
   not depend on who closed the cycle. */
static bool comes_first(const struct cycle_step *a, const struct cycle_step *b)
{
    const struct stack_row *x = depot_row(a->use->stack), *y = depot_row(b->use->stack);
    for (uint32_t i = 0; x && y && i < x->frame_count && i < y->frame_count; i++)
        if (x->frames[i] != y->frames[i])
            return x->frames[i] < y->frames[i];
    return false;
}

static void add_lock(struct finding *finding, enum role role, const struct node *node,
                     uint32_t thread, uint32_t stack, uint32_t mode)
{
    struct evidence_row *row = finding_evidence(finding, EVIDENCE_LOCK, role);
    row->thread = thread;
    row->stack = stack;
    row->a = node->address;
    row->b = node->kind | (uint64_t)mode << 16 | (uint64_t)node->id << 32;
    row->c = node->init_stack;
}

static uint32_t detail(uint32_t count)
{
    char line[128];
    struct text text = text_in(line, sizeof line);
    text_add(&text, "A cycle of ");
    text_add_number(&text, count);
    text_add(&text, " locks, each taken while the one before it was held.");
    return string_keep(line);
}

static struct finding_row *write_cycle(const struct thread *self, const struct cycle_step *steps,
                                       uint32_t count)
{
    static struct evidence_row pieces[2 * CYCLE_MOST]; /* LOCK_ORDER */
    struct finding finding;
    finding_begin(&finding, KIND_LOCK_ORDER, self);
    finding_room(&finding, pieces, 2 * CYCLE_MOST);
    finding.confidence = CONFIDENCE_LIKELY;
    finding.detail = detail(count);
    uint32_t first = 0;
    for (uint32_t i = 1; i < count; i++)
        if (comes_first(&steps[i], &steps[first]))
            first = i;
    for (uint32_t i = 0; i < count; i++) {
        const struct cycle_step *step = &steps[(first + i) % count];
        const struct node *had = steps[(first + i + count - 1) % count].wants;
        add_lock(&finding, ROLE_HELD, had, step->use->thread, step->has->stack, step->has->mode);
        add_lock(&finding, ROLE_ACQUIRED, step->wants, step->use->thread, step->use->stack,
                 step->use->mode);
    }
    return finding_tell(&finding);
}

static bool start(void)
{
    if (!told)
        told = pages_map_wiped(TOLD_MOST * sizeof *told);
    if (!seen)
        seen = pages_map_wiped(SEEN_SLOTS * sizeof *seen);
    return told && seen;
}

void lock_order_tell(const struct thread *self, struct cycle_step *steps, uint32_t count)
{
    static uint64_t places[CYCLE_MOST]; /* LOCK_ORDER */
    if (!start())
        return;
    uint32_t distinct = places_of(steps, count, places);
    uint64_t all = distinct;
    for (uint32_t i = 0; i < distinct; i++)
        all = mix(all, places[i]);
    bool again = seen_before(steps, count, all);
    for (uint32_t i = 0; i < told_count; i++) {
        if (told[i].all == all && told[i].row && !again)
            __atomic_fetch_add(&told[i].row->count, 1, __ATOMIC_RELAXED);
        if (has_all(places, distinct, &told[i]))
            return;
    }
    if (again)
        return;
    struct finding_row *row = write_cycle(self, steps, count);
    if (told_count == TOLD_MOST)
        return;
    struct told *made = &told[told_count++];
    *made = (struct told){.all = all, .count = distinct, .row = row};
    for (uint32_t i = 0; i < distinct && i < PLACES_MOST; i++)
        made->places[i] = places[i];
}

void lock_order_tell_after_fork(void)
{
    told = NULL;
    seen = NULL;
    told_count = 0;
}
