#include "detect/memory_growth.h"

#include "base/lock.h"
#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/block.h"
#include "state/clock.h"
#include "state/options.h"

#define RISES_LEAST  8u
#define BLOCKS_LEAST 64u
#define PLACES_FIRST 1024u      /* a power of two; half of them are used at most */
#define PLACES_MOST  (1u << 17) /* more places than half of that are not looked at */
#define START_PART   8u

/* Blocks of one allocation stack. */
struct grower {
    uint32_t stack;  /* 0: free */
    uint32_t rises;  /* in a row, up to the last checkpoint */
    uint32_t thread; /* that made one of its blocks */
    uint32_t blocks;
    uint64_t first, last, now; /* bytes: before the first rise, at the last checkpoint, now */
    uint64_t begun, risen;     /* when it rose first, and last */
};

/* LOCK_GROWTH protects all of it. */
static struct grower *places;
static uint32_t capacity, used;
static uint64_t last_rows, last_bytes;
/* Looks since the last checkpoint for which memory had not doubled: large blocks come and go. After
   each of them it takes twice as many to have another. */
static uint32_t in_vain;

static struct grower *slot_of(struct grower *table, uint32_t size, uint32_t stack)
{
    uint32_t slot = stack * 2654435769u & (size - 1);
    while (table[slot].stack && table[slot].stack != stack)
        slot = (slot + 1) & (size - 1);
    return &table[slot];
}

static bool make_room(void)
{
    uint32_t size = capacity ? capacity * 2 : PLACES_FIRST;
    struct grower *table = size <= PLACES_MOST ? pages_map(size * sizeof *table) : NULL;
    if (!table)
        return false;
    for (uint32_t i = 0; i < capacity; i++)
        if (places[i].stack)
            *slot_of(table, size, places[i].stack) = places[i];
    if (places)
        pages_unmap(places, capacity * sizeof *places);
    places = table;
    capacity = size;
    return true;
}

/* NULL: no room for another one. */
static struct grower *place_at(uint32_t stack)
{
    if (used * 2 >= capacity && !make_room() && !capacity)
        return NULL;
    struct grower *place = slot_of(places, capacity, stack);
    if (!place->stack) {
        if (used * 2 >= capacity)
            return NULL;
        place->stack = stack;
        used++;
    }
    return place;
}

static bool counts(const struct block_row *row, bool scanned)
{
    enum block_state state = block_state_of(row);
    if (state != BLOCK_LIVE && state != BLOCK_MOVING)
        return false;
    return !scanned || (row->head >> BLOCK_SCAN_SHIFT & 3) == SCAN_REACHABLE;
}

static uint64_t row_count(void)
{
    return __atomic_load_n(&recording->sections[SECTION_BLOCKS - 1].used, __ATOMIC_RELAXED) /
           sizeof(struct block_row);
}

/* Sums up what is live now, by place. Other threads go on: a block that changes hands meanwhile is
   counted here or there, or not. */
static uint64_t sum_up(bool scanned)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < capacity; i++)
        places[i].now = places[i].blocks = 0;
    struct grower *place = NULL;
    for (uint64_t i = 1, count = row_count(); i < count; i++) {
        const struct block_row *row = ROW(SECTION_BLOCKS, struct block_row, i);
        uint32_t stack = row->stack;
        if (!stack || !counts(row, scanned))
            continue;
        bytes += block_size(row);
        if (!place || place->stack != stack) /* blocks of one place often lie together */
            place = place_at(stack);
        if (!place)
            continue;
        place->now += block_size(row);
        place->blocks++;
        place->thread = row->thread;
    }
    return bytes;
}

static bool fell(const struct grower *place)
{
    return place->now < place->last - place->last / 10;
}

static void compare(struct grower *place, uint64_t now)
{
    if (place->now > place->last) {
        if (!place->rises++) {
            place->first = place->last;
            place->begun = now;
        }
        place->risen = now;
    } else {
        place->rises = 0;
    }
    place->last = place->now;
}

static void checkpoint(struct thread *self)
{
    uint64_t now = clock_coarse(), rows = row_count();
    if (!lock_try(LOCK_GROWTH))
        return;
    uint64_t bytes = sum_up(false);
    if (rows >= 2 * last_rows || bytes >= 2 * last_bytes) {
        for (uint32_t i = 0; i < capacity; i++)
            if (places[i].stack)
                compare(&places[i], now);
        last_rows = rows;
        last_bytes = bytes;
        in_vain = 0;
        uint32_t number = __atomic_add_fetch(&recording->checkpoint, 1, __ATOMIC_RELAXED);
        thread_event(self, EVENT_CHECKPOINT, 0, 0, number);
    } else if (in_vain < 16) {
        in_vain++;
    }
    block_growth_after(last_rows, bytes << in_vain);
    lock_give(LOCK_GROWTH);
}

static void tell(struct thread *self, const struct grower *place, bool certain)
{
    char line[160];
    struct text text = text_in(line, sizeof line);
    struct finding finding;
    finding_begin(&finding, KIND_MEMORY_GROWTH, self);
    if (!certain)
        finding.confidence = CONFIDENCE_LIKELY;
    finding.thread = place->thread;
    finding.count = place->blocks;
    finding.amount = place->now;
    text_add(&text, "Each of the last ");
    text_add_number(&text, place->rises);
    text_add(&text, " times that the program's memory had doubled, this had grown: from ");
    text_add_number(&text, place->first);
    text_add(&text, " to ");
    text_add_number(&text, place->now);
    text_add(&text, " bytes.");
    finding.detail = string_keep(line);
    finding_stack(&finding, ROLE_ALLOCATED, place->stack, place->thread);
    struct evidence_row *leak = finding_evidence(&finding, EVIDENCE_LEAK, ROLE_ALLOCATED);
    leak->thread = place->thread;
    leak->a = place->blocks;
    leak->b = place->now;
    leak->c = SCAN_REACHABLE;
    finding_tell(&finding);
}

static bool only_at_start(const struct grower *place, uint64_t now)
{
    uint64_t life = now - recording->start_time;
    uint64_t span = options.number[OPTION_GROWTH_THRESHOLD] * 1000000u;
    return span && (place->risen - place->begun < span ||
                    place->risen - recording->start_time < life / START_PART);
}

void memory_growth_look(struct thread *self)
{
    uint64_t now = clock_coarse();
    bool scanned = recording->scanned;
    lock_take(LOCK_GROWTH);
    if (last_rows)
        sum_up(scanned);
    for (uint32_t i = 0; i < capacity; i++) {
        const struct grower *place = &places[i];
        if (place->stack && place->rises >= RISES_LEAST && place->blocks >= BLOCKS_LEAST &&
            !fell(place) && !only_at_start(place, now))
            tell(self, place, scanned);
    }
    lock_give(LOCK_GROWTH);
}

void memory_growth_start_up(void)
{
    if (places)
        pages_unmap(places, capacity * sizeof *places);
    places = NULL;
    capacity = used = 0;
    last_rows = last_bytes = in_vain = 0;
    block_growth_after(0, 0);
    block_grew = checkpoint;
}
