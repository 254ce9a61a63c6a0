#include "state/record_list.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/word_lock.h"
#include "state/shadow.h"
#include "state/thread.h"

/* Each size has a pool. A link names the size and the unit of 32 bytes where the list begins. */
#define UNIT    RECORD_LIST_UNIT
#define UNITS   (1ull << 27)
#define AT_ONCE 128u /* units that are taken in one go */

unsigned char *record_list_units; /* unit 0 is none */
static struct pool {
    uint32_t lock;
    uint32_t free;
    uint32_t unit, unit_end; /* taken and not used yet */
} pools[RECORD_LIST_SIZES];
/* Unit 0 is none; each list begins at a multiple of its size. */
#define UNITS_NONE (1u << (RECORD_LIST_SIZES - 1))
static uint32_t units_used = UNITS_NONE;
uint64_t record_list_bytes;
static uint32_t worlds = 1; /* counts forks: lists are of one */

static bool set_up(void)
{
    if (likely(__atomic_load_n(&record_list_units, __ATOMIC_ACQUIRE) != NULL))
        return true;
    lock_take(LOCK_SHADOW);
    if (!record_list_units)
        __atomic_store_n(&record_list_units, pages_map_wiped(UNITS * UNIT), __ATOMIC_RELEASE);
    lock_give(LOCK_SHADOW);
    return record_list_units != NULL;
}

/* The pool's lock is held. 0 when there is none. */
static uint32_t unit_take(struct pool *pool, uint32_t size)
{
    uint32_t unit = pool->free;
    if (unit) {
        pool->free = record_list_of(unit)->count;
        return unit;
    }
    if (pool->unit == pool->unit_end) {
        uint32_t first = __atomic_fetch_add(&units_used, AT_ONCE, __ATOMIC_RELAXED);
        if (first + AT_ONCE > UNITS) {
            __atomic_fetch_sub(&units_used, AT_ONCE, __ATOMIC_RELAXED);
            return 0;
        }
        pool->unit = first;
        pool->unit_end = first + AT_ONCE;
    }
    unit = pool->unit;
    pool->unit += size / UNIT;
    return unit;
}

/* Lists that a thread keeps, by size: those of two pools are taken and given back by several. */
#define KEPT 8u
struct kept_lists {
    uint32_t world; /* that they are of */
    uint32_t count[RECORD_LIST_SIZES];
    uint32_t unit[RECORD_LIST_SIZES][KEPT];
};

/* The calling thread's; NULL: none. */
static struct kept_lists *kept_lists(void)
{
    struct thread *self = thread_current;
    if (unlikely(!self ||
                 (!self->lists && !(self->lists = arena_alloc(sizeof(struct kept_lists))))))
        return NULL;
    struct kept_lists *kept = self->lists;
    if (unlikely(kept->world != worlds))
        *kept = (struct kept_lists){.world = worlds};
    return kept;
}

static bool has_room(uint32_t size)
{
    return (__atomic_load_n(&record_list_bytes, __ATOMIC_RELAXED) + size) * 4 <=
           shadow_room_for_sets() * 3;
}

/* A few from the pool, one of them for the caller: 0 when there is none. */
static __attribute__((noinline)) uint32_t take_some(struct kept_lists *kept, uint32_t which)
{
    struct pool *pool = &pools[which];
    uint32_t size = UNIT << which, most = kept ? KEPT / 2 : 1, count = 0;
    if (!set_up() || !has_room(size))
        return 0;
    if (!has_room(most * size))
        most = 1;
    word_lock_take(&pool->lock);
    uint32_t taken = unit_take(pool, size);
    for (uint32_t unit = taken; unit && ++count < most && (unit = unit_take(pool, size));)
        kept->unit[which][kept->count[which]++] = unit;
    word_lock_give(&pool->lock);
    if (taken)
        __atomic_fetch_add(&record_list_bytes, (uint64_t)count * size, __ATOMIC_RELAXED);
    return taken;
}

/* Down to `left` of them. */
static __attribute__((noinline)) void give_some(struct kept_lists *kept, uint32_t which,
                                                uint32_t left)
{
    struct pool *pool = &pools[which];
    uint32_t size = UNIT << which, count = kept->count[which] - left;
    word_lock_take(&pool->lock);
    while (kept->count[which] > left) {
        uint32_t unit = kept->unit[which][--kept->count[which]];
        record_list_of(unit)->count = pool->free;
        pool->free = unit;
    }
    word_lock_give(&pool->lock);
    __atomic_fetch_sub(&record_list_bytes, (uint64_t)count * size, __ATOMIC_RELAXED);
}

void record_list_give_back(struct thread *thread)
{
    struct kept_lists *kept = thread->lists;
    for (uint32_t i = 0; kept && kept->world == worlds && i < RECORD_LIST_SIZES; i++)
        give_some(kept, i, 0);
}

uint64_t record_list_make(const struct record *records, uint32_t count)
{
    uint32_t which = 0;
    if (count > RECORD_LIST_MAX)
        return 0;
    while (count > record_list_room((uint64_t)which << LINK_SIZE_SHIFT))
        which++;
    uint64_t link = LINK_LIST | (uint64_t)which << LINK_SIZE_SHIFT;
    struct kept_lists *kept = kept_lists();
    uint32_t unit = likely(kept && kept->count[which]) ? kept->unit[which][--kept->count[which]]
                                                       : take_some(kept, which);
    if (!unit)
        return 0;
    record_list_change(link | unit, records, count);
    return link | unit;
}

bool record_list_change(uint64_t link, const struct record *records, uint32_t count)
{
    if (count > record_list_room(link) || record_list_wastes(link, count))
        return false;
    struct record_list *list = record_list_of(link);
    list->count = count;
    for (uint32_t i = 0; i < count; i++) {
        list->record[i].cell = records[i].cell;
        list->record[i].context = records[i].context;
    }
    return true;
}

uint64_t record_list_longer(uint64_t link)
{
    struct record records[RECORD_LIST_MAX + 1];
    uint32_t count = record_list_read(link, records);
    records[count] = (struct record){0};
    uint64_t longer = record_list_make(records, count + 1);
    if (!longer)
        return 0;
    record_list_of(longer)->count = count;
    record_list_drop(link);
    return longer;
}

uint32_t record_list_read(uint64_t link, struct record *ret_records)
{
    const struct record_list *list = record_list_of(link);
    for (uint32_t i = 0; i < list->count && i < RECORD_LIST_MAX; i++)
        ret_records[i] =
            (struct record){.cell = list->record[i].cell, .context = list->record[i].context};
    return list->count;
}

void record_list_drop(uint64_t link)
{
    uint32_t which = record_list_size(link);
    struct kept_lists none = {0}, *kept = kept_lists();
    if (unlikely(!kept))
        kept = &none;
    else if (unlikely(kept->count[which] == KEPT))
        give_some(kept, which, KEPT / 2);
    kept->unit[which][kept->count[which]++] = (uint32_t)link;
    if (unlikely(kept == &none))
        give_some(kept, which, 0);
}

void record_list_after_fork(void)
{
    worlds++;
    units_used = UNITS_NONE;
    mem_clear(pools, sizeof pools);
    record_list_bytes = 0;
}
