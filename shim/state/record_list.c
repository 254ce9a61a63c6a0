#include "state/record_list.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/word_lock.h"
#include "state/shadow.h"
#include "state/thread.h"

/* Two sizes, each in half a cache line or a whole one: 2 or 5 records of 12 bytes. A link names the
   size and the unit of 32 bytes where the list begins. */
#define UNIT    RECORD_LIST_UNIT
#define UNITS   (1ull << 27)
#define AT_ONCE 128u /* units that are taken in one go */

unsigned char *record_list_units; /* unit 0 is none */
static struct pool {
    uint32_t lock;
    uint32_t free;
    uint32_t unit, unit_end; /* taken and not used yet */
} pools[2];                  /* short, long */
static uint32_t units_used = 2;
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
    uint32_t count[2];
    uint32_t unit[2][KEPT];
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
static __attribute__((noinline)) uint32_t take_some(struct kept_lists *kept, bool is_long)
{
    struct pool *pool = &pools[is_long];
    uint32_t size = is_long ? 2 * UNIT : UNIT, most = kept ? KEPT / 2 : 1, count = 0;
    if (!set_up() || !has_room(size))
        return 0;
    if (!has_room(most * size))
        most = 1;
    word_lock_take(&pool->lock);
    uint32_t taken = unit_take(pool, size);
    for (uint32_t unit = taken; unit && ++count < most && (unit = unit_take(pool, size));)
        kept->unit[is_long][kept->count[is_long]++] = unit;
    word_lock_give(&pool->lock);
    if (taken)
        __atomic_fetch_add(&record_list_bytes, (uint64_t)count * size, __ATOMIC_RELAXED);
    return taken;
}

/* Down to `left` of them. */
static __attribute__((noinline)) void give_some(struct kept_lists *kept, bool is_long,
                                                uint32_t left)
{
    struct pool *pool = &pools[is_long];
    uint32_t size = is_long ? 2 * UNIT : UNIT, count = kept->count[is_long] - left;
    word_lock_take(&pool->lock);
    while (kept->count[is_long] > left) {
        uint32_t unit = kept->unit[is_long][--kept->count[is_long]];
        record_list_of(unit)->count = pool->free;
        pool->free = unit;
    }
    word_lock_give(&pool->lock);
    __atomic_fetch_sub(&record_list_bytes, (uint64_t)count * size, __ATOMIC_RELAXED);
}

void record_list_give_back(struct thread *thread)
{
    struct kept_lists *kept = thread->lists;
    for (int is_long = 0; kept && kept->world == worlds && is_long < 2; is_long++)
        give_some(kept, is_long, 0);
}

uint64_t record_list_make(const struct record *records, uint32_t count)
{
    bool is_long = count > 2;
    uint64_t link = LINK_LIST | (is_long ? LINK_LONG : 0);
    if (count > RECORD_LIST_MAX)
        return 0;
    struct kept_lists *kept = kept_lists();
    uint32_t unit = likely(kept && kept->count[is_long])
                        ? kept->unit[is_long][--kept->count[is_long]]
                        : take_some(kept, is_long);
    if (!unit)
        return 0;
    record_list_change(link | unit, records, count);
    return link | unit;
}

bool record_list_change(uint64_t link, const struct record *records, uint32_t count)
{
    if (count > record_list_room(link))
        return false;
    struct record_list *list = record_list_of(link);
    list->count = count;
    for (uint32_t i = 0; i < count; i++) {
        list->record[i].cell = records[i].cell;
        list->record[i].context = records[i].context;
    }
    return true;
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
    bool is_long = link & LINK_LONG;
    struct kept_lists none = {0}, *kept = kept_lists();
    if (unlikely(!kept))
        kept = &none;
    else if (unlikely(kept->count[is_long] == KEPT))
        give_some(kept, is_long, KEPT / 2);
    kept->unit[is_long][kept->count[is_long]++] = (uint32_t)link;
    if (unlikely(kept == &none))
        give_some(kept, is_long, 0);
}

void record_list_after_fork(void)
{
    worlds++;
    units_used = 2;
    mem_clear(pools, sizeof pools);
    record_list_bytes = 0;
}
