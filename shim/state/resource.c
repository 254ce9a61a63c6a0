#include "state/resource.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "state/block.h"

#define BUCKETS 16384u

/* The index: row number + 1 by hash of kind and value, chained through next. Private, wiped in a
   fork's child. Protected by LOCK_STREAMS. */
static uint32_t *buckets, *next;
static uint32_t closed_count; /* rows in state CLOSED */
static uint32_t hand;         /* where the search for the row to take over goes on */

/* Rows of lost ones, by hash of kind and stack, so that a loop that loses the same thing a million
   times makes one row: row number + 1. A stack that pushes another out costs one row more. */
#define LOST_SLOTS 256u
static uint32_t lost[LOST_SLOTS];

uint16_t resource_closed[1u << RESOURCE_CLOSED_BITS];

static struct handle_row *row_at(uint32_t number)
{
    return ROW(SECTION_HANDLES, struct handle_row, number);
}

static uint32_t row_count(void)
{
    return (uint32_t)(__atomic_load_n(&recording->sections[SECTION_HANDLES - 1].used,
                                      __ATOMIC_RELAXED) /
                      sizeof(struct handle_row));
}

/* What may lie at one address after the other without our seeing it is one family. */
static unsigned family(unsigned kind)
{
    return kind == HANDLE_KIND_POPEN ? HANDLE_KIND_STREAM : kind;
}

static bool is_file(const struct handle_row *row)
{
    return family(row->kind) == HANDLE_KIND_STREAM || row->kind == HANDLE_KIND_DIRECTORY;
}

static uint32_t *bucket_of(unsigned kind, uint64_t value)
{
    uint64_t key = (value >> 4 | value << 60) + (uint64_t)family(kind) * 0x10001;
    return &buckets[key * 0x9e3779b97f4a7c15ull >> 50];
}
static_assert(BUCKETS == 1u << (64 - 50), "the hash above");

void resource_start_up(void)
{
    size_t rows = recording->sections[SECTION_HANDLES - 1].capacity / sizeof(struct handle_row);
    closed_count = hand = 0;
    mem_clear(lost, sizeof lost);
    mem_clear(resource_closed, sizeof resource_closed);
    if (!buckets)
        buckets = pages_map_wiped(BUCKETS * sizeof *buckets);
    if (!next)
        next = pages_map_wiped(rows * sizeof *next);
}

static void count_closed(const struct handle_row *row, uint32_t change)
{
    closed_count += change;
    uint64_t hash = (row->value >> 4) * 0x9e3779b97f4a7c15ull;
    if (is_file(row))
        __atomic_fetch_add(&resource_closed[hash >> (64 - RESOURCE_CLOSED_BITS)], (uint16_t)change,
                           __ATOMIC_RELAXED);
}

static struct handle_row *find_locked(unsigned kind, uint64_t value)
{
    if (!buckets || !next)
        return NULL;
    for (uint32_t at = *bucket_of(kind, value); at; at = next[at - 1]) {
        struct handle_row *row = row_at(at - 1);
        if (row->value == value && family(row->kind) == family(kind))
            return row;
    }
    return NULL;
}

static bool unlink_locked(const struct handle_row *row)
{
    uint32_t number = (uint32_t)(row - row_at(0));
    uint32_t *at = bucket_of(row->kind, row->value);
    while (*at && *at != number + 1)
        at = &next[*at - 1];
    if (!*at)
        return false;
    *at = next[number];
    return true;
}

static void link_locked(const struct handle_row *row, unsigned kind, uint64_t value)
{
    uint32_t number = (uint32_t)(row - row_at(0));
    next[number] = *bucket_of(kind, value);
    *bucket_of(kind, value) = number + 1;
}

/* A closed row that is forgotten for a new one's sake. */
static struct handle_row *take_over(void)
{
    for (uint32_t count = row_count(), tried = 0; tried < count; tried++) {
        uint32_t number = hand = (hand + 1) % count;
        struct handle_row *row = row_at(number);
        if (handle_state_of(row) != HANDLE_CLOSED || !unlink_locked(row))
            continue;
        count_closed(row, -1u);
        return row;
    }
    return NULL;
}

static struct handle_row *row_for(unsigned kind, uint64_t value)
{
    struct handle_row *row = find_locked(kind, value);
    if (row) {
        if (handle_state_of(row) == HANDLE_CLOSED)
            count_closed(row, -1u);
        return row;
    }
    if (!buckets || !next)
        return NULL;
    if (closed_count > RESOURCES_CLOSED_KEPT)
        row = take_over();
    if (!row)
        row = section_reserve(SECTION_HANDLES, sizeof *row);
    if (row)
        link_locked(row, kind, value);
    return row;
}

struct handle_row *resource_find(enum handle_kind kind, uint64_t value)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = find_locked(kind, value);
    lock_give(LOCK_STREAMS);
    return row && handle_state_of(row) != HANDLE_NONE ? row : NULL;
}

static struct handle_row *open_locked(struct thread *self, uint64_t value, uint64_t extra,
                                      const struct handle_birth *birth)
{
    struct handle_row *row = row_for(birth->kind, value);
    if (row) {
        handle_row_open(self, row, value, birth);
        row->extra = extra;
    }
    return row;
}

struct handle_row *resource_opened(struct thread *self, uint64_t value, uint64_t extra,
                                   const struct handle_birth *birth)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = open_locked(self, value, extra, birth);
    lock_give(LOCK_STREAMS);
    return row;
}

struct handle_row *resource_added(struct thread *self, uint64_t value, uint64_t extra,
                                  const struct handle_birth *birth)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = find_locked(birth->kind, value);
    if (row && handle_state_of(row) == HANDLE_OPEN)
        unlink_locked(row);
    row = open_locked(self, value, extra, birth);
    lock_give(LOCK_STREAMS);
    return row;
}

/* row is open and no longer known by its value. True: it was counted with one like it, and is free
   to be used again. */
static bool lose(struct handle_row *row)
{
    uint32_t *slot = &lost[(row->opened_stack * 0x9e3779b9u + row->kind) >> 24];
    struct handle_row *like = *slot ? row_at(*slot - 1) : NULL;
    if (like && like->opened_stack == row->opened_stack && like->kind == row->kind) {
        like->extra++;
        return true;
    }
    row->extra = 1;
    __atomic_fetch_or(&row->flags, HANDLE_LOST, __ATOMIC_RELEASE);
    *slot = (uint32_t)(row - row_at(0)) + 1;
    unlink_locked(row);
    return false;
}
static_assert(LOST_SLOTS == 1u << (32 - 24), "the hash above");

void resource_replaced(struct thread *self, uint64_t value, const struct handle_birth *birth)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = find_locked(birth->kind, value);
    if (row && handle_state_of(row) == HANDLE_OPEN)
        lose(row);
    open_locked(self, value, 0, birth);
    lock_give(LOCK_STREAMS);
}

void resource_closing(struct thread *self, struct handle_row *row, enum handle_state state,
                      uint32_t stack)
{
    lock_take(LOCK_STREAMS);
    bool was_open = handle_state_of(row) == HANDLE_OPEN;
    if (was_open) {
        handle_row_close(self, row, state, stack);
        if (state == HANDLE_CLOSED)
            count_closed(row, 1);
    }
    lock_give(LOCK_STREAMS);
    /* libc closes that number, whoever owns it by now. */
    struct handle_row *under = was_open ? handle_fd_find(resource_fd(row)) : NULL;
    if (under && handle_state_of(under) == HANDLE_OPEN)
        handle_row_close(self, under, HANDLE_CLOSED, stack);
}

void resource_renamed(struct handle_row *row, uint64_t value)
{
    lock_take(LOCK_STREAMS);
    if (unlink_locked(row)) {
        row->value = value;
        link_locked(row, row->kind, value);
    }
    lock_give(LOCK_STREAMS);
}

void resource_forget(enum handle_kind kind, uint64_t value)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = find_locked(kind, value);
    if (row) {
        if (handle_state_of(row) == HANDLE_CLOSED)
            count_closed(row, -1u);
        __atomic_store_n(&row->state, HANDLE_NONE, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_STREAMS);
}

/* Its value is a number, or an address that is no block's: there is but the one that we saw made.
 */
static bool is_known_whole(const struct handle_row *row)
{
    return row->kind == HANDLE_KIND_TIMER || row->kind == HANDLE_KIND_KEY ||
           row->kind == HANDLE_KIND_NAMED_SEMAPHORE;
}

bool resource_is_gone(const struct handle_row *row, bool *ret_certain)
{
    if (handle_state_of(row) != HANDLE_CLOSED)
        return false;
    if (is_known_whole(row)) {
        *ret_certain = true;
        return true;
    }
    struct block_row *block = block_find(row->value);
    /* The three standard streams are no heap blocks, and nobody else is ever at their address. */
    *ret_certain = block || row->flags & HANDLE_LIBRARY;
    return !block || block_state_of(block) == BLOCK_FREED;
}

void resource_each(void (*visit)(struct handle_row *row, void *with), void *with)
{
    for (uint32_t number = 0, count = row_count(); number < count; number++)
        if (handle_state_of(row_at(number)) == HANDLE_OPEN)
            visit(row_at(number), with);
}

int resource_fd(const struct handle_row *row)
{
    return is_file(row) ? (int)row->extra - 1 : -1;
}
