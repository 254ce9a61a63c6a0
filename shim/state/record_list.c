#include "state/record_list.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/word_lock.h"
#include "state/shadow.h"

/* Two sizes, each in half a cache line or a whole one: 2 or 5 records of 12 bytes. A link names the
   size and the unit of 32 bytes where the list begins. */
#define UNIT      32u
#define UNITS     (1ull << 27)
#define AT_ONCE   128u /* units that are taken in one go */
#define LINK_LONG (1ull << 49)

struct record_list {
    uint32_t count; /* in a free one: the next free */
    struct __attribute__((packed, aligned(4))) {
        uint64_t cell;
        context_t context;
    } record[];
};

static unsigned char *units; /* unit 0 is none */
static struct pool {
    uint32_t lock;
    uint32_t free;
    uint32_t unit, unit_end; /* taken and not used yet */
} pools[2];                  /* short, long */
static uint32_t units_used = 2;
uint64_t record_list_bytes;

static uint32_t size_of(uint64_t link)
{
    return link & LINK_LONG ? 2 * UNIT : UNIT;
}

static struct record_list *list_of(uint64_t link)
{
    return (struct record_list *)(units + (uint64_t)(uint32_t)link * UNIT);
}

static bool set_up(void)
{
    if (likely(__atomic_load_n(&units, __ATOMIC_ACQUIRE) != NULL))
        return true;
    lock_take(LOCK_SHADOW);
    if (!units)
        __atomic_store_n(&units, pages_map_wiped(UNITS * UNIT), __ATOMIC_RELEASE);
    lock_give(LOCK_SHADOW);
    return units != NULL;
}

/* The pool's lock is held. 0 when there is none. */
static uint32_t unit_take(struct pool *pool, uint32_t size)
{
    uint32_t unit = pool->free;
    if (unit) {
        pool->free = list_of(unit)->count;
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

uint64_t record_list_make(const struct record *records, uint32_t count)
{
    uint64_t link = LINK_LIST | (count > 2 ? LINK_LONG : 0);
    uint32_t size = size_of(link);
    if (count > RECORD_LIST_MAX || !set_up() ||
        (__atomic_load_n(&record_list_bytes, __ATOMIC_RELAXED) + size) * 4 >
            shadow_room_for_sets() * 3)
        return 0;
    struct pool *pool = &pools[count > 2];
    word_lock_take(&pool->lock);
    uint32_t unit = unit_take(pool, size);
    word_lock_give(&pool->lock);
    if (!unit)
        return 0;
    __atomic_fetch_add(&record_list_bytes, size, __ATOMIC_RELAXED);
    record_list_change(link | unit, records, count);
    return link | unit;
}

bool record_list_change(uint64_t link, const struct record *records, uint32_t count)
{
    if (count > (link & LINK_LONG ? RECORD_LIST_MAX : 2))
        return false;
    struct record_list *list = list_of(link);
    list->count = count;
    for (uint32_t i = 0; i < count; i++) {
        list->record[i].cell = records[i].cell;
        list->record[i].context = records[i].context;
    }
    return true;
}

uint32_t record_list_read(uint64_t link, struct record *ret_records)
{
    const struct record_list *list = list_of(link);
    for (uint32_t i = 0; i < list->count && i < RECORD_LIST_MAX; i++)
        ret_records[i] =
            (struct record){.cell = list->record[i].cell, .context = list->record[i].context};
    return list->count;
}

void record_list_drop(uint64_t link)
{
    struct pool *pool = &pools[!!(link & LINK_LONG)];
    word_lock_take(&pool->lock);
    list_of(link)->count = pool->free;
    pool->free = (uint32_t)link;
    word_lock_give(&pool->lock);
    __atomic_fetch_sub(&record_list_bytes, size_of(link), __ATOMIC_RELAXED);
}

void record_list_after_fork(void)
{
    units_used = 2;
    mem_clear(pools, sizeof pools);
    record_list_bytes = 0;
}
