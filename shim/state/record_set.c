#include "state/record_set.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/word_lock.h"
#include "state/shadow.h"

#define UNIT    64u
#define CLASSES 13u          /* 1, 2, 4 … 4096 units */
#define UNITS   (1ull << 26) /* 4 GB: more than any limit leaves */
#define AT_ONCE 1024u        /* units that a shard takes in one go */
#define SHARDS  64u
#define BUCKETS 4096u /* of each shard */

/* Followed by cells, then contexts. A unit that once began a set begins sets of the same class for
   ever, so generation only rises. */
struct record_set {
    uint32_t references; /* 0 = free */
    uint32_t next;       /* same bucket, or same free list */
    uint32_t older, newer;
    uint32_t hash;
    uint16_t count;
    uint16_t generation;
    uint64_t cell[];
};

static struct shard {
    uint32_t lock;
    uint32_t oldest, newest;
    uint32_t free[CLASSES];
    uint32_t unit, unit_end; /* taken and not used yet */
    uint32_t bucket[BUCKETS];
} * shards;
static unsigned char *units; /* unit 0 is none */
static uint32_t units_used = 1;
uint64_t record_set_bytes, record_set_evicted;

static struct record_set *set_at(uint32_t unit)
{
    return (struct record_set *)(units + (uint64_t)unit * UNIT);
}

static uint32_t unit_of(const struct record_set *set)
{
    return (uint32_t)(((const unsigned char *)set - units) / UNIT);
}

static context_t *contexts_of(struct record_set *set)
{
    return (context_t *)&set->cell[set->count];
}

static uint32_t class_of(uint32_t count)
{
    uint64_t size = sizeof(struct record_set) + (uint64_t)count * 12;
    uint32_t class = 0;
    while (((uint64_t)UNIT << class) < size)
        class ++;
    return class;
}

static bool set_up(void)
{
    if (likely(__atomic_load_n(&units, __ATOMIC_ACQUIRE) != NULL))
        return true;
    lock_take(LOCK_SHADOW);
    if (!shards)
        shards = pages_map_wiped(SHARDS * sizeof *shards);
    if (shards && !units)
        __atomic_store_n(&units, pages_map_wiped(UNITS * UNIT), __ATOMIC_RELEASE);
    lock_give(LOCK_SHADOW);
    return units != NULL;
}

static struct shard *shard_of(uint32_t hash)
{
    return &shards[hash % SHARDS];
}

static uint32_t *bucket_of(struct shard *shard, uint32_t hash)
{
    return &shard->bucket[hash / SHARDS % BUCKETS];
}

/* The shard's lock is held by all below that take a shard. */

static void unlink_set(struct shard *shard, struct record_set *set)
{
    uint32_t unit = unit_of(set), *at = bucket_of(shard, set->hash);
    while (*at && *at != unit)
        at = &set_at(*at)->next;
    if (*at)
        *at = set->next;
    *(set->older ? &set_at(set->older)->newer : &shard->oldest) = set->newer;
    *(set->newer ? &set_at(set->newer)->older : &shard->newest) = set->older;
}

static void set_free(struct shard *shard, struct record_set *set)
{
    uint32_t class = class_of(set->count);
    unlink_set(shard, set);
    set->references = 0;
    __atomic_store_n(&set->generation, (uint16_t)(set->generation + 1), __ATOMIC_RELEASE);
    set->next = shard->free[class];
    shard->free[class] = unit_of(set);
    __atomic_fetch_sub(&record_set_bytes, (uint64_t)UNIT << class, __ATOMIC_RELAXED);
}

static void evict(struct shard *shard)
{
    struct record_set *set = set_at(shard->oldest);
    say_unobserved(UNOBSERVED_READ_SETS, NULL);
    __atomic_fetch_add(&record_set_evicted, set->count, __ATOMIC_RELAXED);
    set_free(shard, set);
}

static uint32_t units_take(struct shard *shard, uint32_t count)
{
    if (shard->unit_end - shard->unit < count) {
        uint32_t size = count > AT_ONCE ? count : AT_ONCE;
        uint32_t unit = __atomic_fetch_add(&units_used, size, __ATOMIC_RELAXED);
        if (unit + size > UNITS) {
            __atomic_fetch_sub(&units_used, size, __ATOMIC_RELAXED);
            return 0;
        }
        shard->unit = unit;
        shard->unit_end = unit + size;
    }
    uint32_t unit = shard->unit;
    shard->unit += count;
    return unit;
}

/* Makes room in some other shard: not the oldest of all, but one of the oldest. */
static bool evict_elsewhere(const struct shard *shard)
{
    for (uint32_t i = 1; i < SHARDS; i++) {
        struct shard *other = &shards[(shard - shards + i) % SHARDS];
        if (!__atomic_load_n(&other->oldest, __ATOMIC_RELAXED) || !word_lock_try(&other->lock))
            continue;
        bool any = other->oldest != 0;
        if (any)
            evict(other);
        word_lock_give(&other->lock);
        if (any)
            return true;
    }
    return false;
}

static bool make_room(struct shard *shard, uint64_t size)
{
    uint64_t room = shadow_room_for_sets();
    while (__atomic_load_n(&record_set_bytes, __ATOMIC_RELAXED) +
               __atomic_load_n(&record_list_bytes, __ATOMIC_RELAXED) + size >
           room) {
        if (shard->oldest)
            evict(shard);
        else if (!evict_elsewhere(shard))
            return false;
    }
    return true;
}

static struct record_set *set_make(struct shard *shard, uint32_t class)
{
    uint64_t size = (uint64_t)UNIT << class;
    if (!make_room(shard, size))
        return NULL;
    uint32_t unit = shard->free[class];
    if (unit)
        shard->free[class] = set_at(unit)->next;
    else
        unit = units_take(shard, 1u << class);
    if (!unit)
        return NULL;
    __atomic_fetch_add(&record_set_bytes, size, __ATOMIC_RELAXED);
    return set_at(unit);
}

static uint32_t hash_of(const struct record *records, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++) {
        hash = (hash ^ records[i].cell) * 0x9e3779b97f4a7c15ull;
        hash = (hash ^ hash >> 29 ^ records[i].context) * 0xff51afd7ed558ccdull;
        hash ^= hash >> 32;
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static bool is_same(struct record_set *set, uint32_t hash, const struct record *records,
                    uint32_t count)
{
    if (set->hash != hash || set->count != count)
        return false;
    const context_t *contexts = contexts_of(set);
    for (uint32_t i = 0; i < count; i++)
        if (set->cell[i] != records[i].cell || contexts[i] != records[i].context)
            return false;
    return true;
}

static uint64_t link_to(const struct record_set *set)
{
    return unit_of(set) | (uint64_t)set->generation << 32;
}

static uint64_t set_find(struct shard *shard, uint32_t hash, const struct record *records,
                         uint32_t count)
{
    for (uint32_t unit = *bucket_of(shard, hash); unit; unit = set_at(unit)->next)
        if (is_same(set_at(unit), hash, records, count)) {
            set_at(unit)->references++;
            return link_to(set_at(unit));
        }
    return 0;
}

static uint64_t set_add(struct shard *shard, uint32_t hash, const struct record *records,
                        uint32_t count)
{
    struct record_set *set = set_make(shard, class_of(count));
    if (!set)
        return 0;
    set->references = 1;
    set->hash = hash;
    set->count = (uint16_t)count;
    for (uint32_t i = 0; i < count; i++) {
        set->cell[i] = records[i].cell;
        contexts_of(set)[i] = records[i].context;
    }
    uint32_t unit = unit_of(set), *bucket = bucket_of(shard, hash);
    set->next = *bucket;
    *bucket = unit;
    set->older = shard->newest;
    set->newer = 0;
    *(shard->newest ? &set_at(shard->newest)->newer : &shard->oldest) = unit;
    shard->newest = unit;
    return link_to(set);
}

/* Mostly sorted already: only the newest is out of place. */
static void sort(struct record *records, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct record record = records[i];
        uint32_t at = i;
        for (; at > 0 && records[at - 1].cell > record.cell; at--)
            records[at] = records[at - 1];
        records[at] = record;
    }
}

uint64_t record_set_keep(struct record *records, uint32_t count)
{
    if (!set_up() || count > RECORD_SET_MAX)
        return 0;
    sort(records, count);
    uint32_t hash = hash_of(records, count);
    struct shard *shard = shard_of(hash);
    word_lock_take(&shard->lock);
    uint64_t link = set_find(shard, hash, records, count);
    if (!link)
        link = set_add(shard, hash, records, count);
    word_lock_give(&shard->lock);
    if (!link) {
        __atomic_fetch_add(&record_set_evicted, count, __ATOMIC_RELAXED);
        say_unobserved(UNOBSERVED_READ_SETS, NULL);
    }
    return link;
}

/* The set that link means, with its shard's lock taken; NULL when it is gone. A set that is made
   anew at the same place meanwhile may be another shard's, and has another generation then. */
static struct record_set *set_lock(uint64_t link, struct shard **ret_shard)
{
    struct record_set *set = set_at((uint32_t)link);
    struct shard *shard = shard_of(__atomic_load_n(&set->hash, __ATOMIC_RELAXED));
    word_lock_take(&shard->lock);
    if (set->generation == (uint16_t)(link >> 32) && set->references &&
        shard_of(set->hash) == shard) {
        *ret_shard = shard;
        return set;
    }
    word_lock_give(&shard->lock);
    return NULL;
}

uint32_t record_set_read(uint64_t link, struct record *ret_records, uint32_t room)
{
    if (link & LINK_LIST)
        return record_list_read(link, ret_records);
    struct shard *shard;
    struct record_set *set = units ? set_lock(link, &shard) : NULL;
    if (!set)
        return 0;
    uint32_t count = set->count;
    for (uint32_t i = 0; i < count && i < room; i++)
        ret_records[i] = (struct record){.cell = set->cell[i], .context = contexts_of(set)[i]};
    word_lock_give(&shard->lock);
    return count;
}

bool record_set_more(uint64_t link, uint32_t count)
{
    struct shard *shard;
    struct record_set *set = units ? set_lock(link, &shard) : NULL;
    if (!set)
        return false;
    set->references += count;
    word_lock_give(&shard->lock);
    return true;
}

void record_set_less(uint64_t link, uint32_t count)
{
    struct shard *shard;
    struct record_set *set = count && units ? set_lock(link, &shard) : NULL;
    if (!set)
        return;
    set->references -= count;
    if (!set->references)
        set_free(shard, set);
    word_lock_give(&shard->lock);
}

void record_set_drop(uint64_t link)
{
    if (link & LINK_LIST)
        record_list_drop(link);
    else
        record_set_less(link, 1);
}

/* A hint: asked without the shard's lock. */
static bool is_unshared(uint64_t link)
{
    return __atomic_load_n(&set_at((uint32_t)link)->references, __ATOMIC_RELAXED) == 1;
}

uint64_t record_set_change(uint64_t old, struct record *records, uint32_t count, bool alone)
{
    if (old & LINK_LIST && record_list_change(old, records, count))
        return old;
    uint64_t link = 0;
    if (alone || old & LINK_LIST || (old && is_unshared(old)))
        link = record_list_make(records, count);
    if (!link)
        link = record_set_keep(records, count);
    if (old)
        record_set_drop(old);
    return link;
}

void record_set_after_fork(void)
{
    units_used = 1;
    record_set_bytes = record_set_evicted = 0;
    record_list_after_fork();
}
