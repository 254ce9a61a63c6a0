#include "state/sync.h"

#include "base/lock.h"
#include "base/memory.h"

#define REGION_SHIFT 24 /* 16 MB of addresses */
#define LINE_SHIFT   9
#define CELL_SHIFT   3
#define LINES        (1u << (REGION_SHIFT - LINE_SHIFT))
#define CELLS        (1u << (LINE_SHIFT - CELL_SHIFT))
#define REGIONS      (1u << (47 - REGION_SHIFT))

struct line {
    struct sync *cell[CELLS];
};
struct region {
    struct line *line[LINES];
};

static struct region **regions; /* REGIONS pointers, mapped at first use */
static struct sync *free_syncs; /* LOCK_SYNCS */
static uint32_t next_id = 1;    /* LOCK_SYNCS */

static struct region *region_of(uintptr_t address)
{
    struct region **table = __atomic_load_n(&regions, __ATOMIC_ACQUIRE);
    if (unlikely(!table || address >> 47))
        return NULL;
    return __atomic_load_n(&table[address >> REGION_SHIFT], __ATOMIC_ACQUIRE);
}

static struct line *line_in(const struct region *region, uintptr_t address)
{
    return __atomic_load_n(&region->line[address >> LINE_SHIFT & (LINES - 1)], __ATOMIC_ACQUIRE);
}

static struct sync **cell_in(struct line *line, uintptr_t address)
{
    return &line->cell[address >> CELL_SHIFT & (CELLS - 1)];
}

static inline struct sync *find(uintptr_t address)
{
    struct region *region = region_of(address);
    struct line *line = region ? line_in(region, address) : NULL;
    if (!line)
        return NULL;
    struct sync *sync = __atomic_load_n(cell_in(line, address), __ATOMIC_ACQUIRE);
    while (sync && sync->address != address)
        sync = __atomic_load_n(&sync->next, __ATOMIC_ACQUIRE);
    return sync;
}

struct sync *sync_find(uintptr_t address)
{
    return find(address);
}

struct sync *sync_find_kind(uintptr_t address, enum sync_kind kind)
{
    struct sync *sync = find(address);
    return sync && sync->kind == kind ? sync : NULL;
}

/* LOCK_SYNCS held. The cell of address, made when need be; NULL when memory is short. */
static struct sync **cell_make(uintptr_t address)
{
    if (address >> 47)
        return NULL;
    if (!regions) {
        struct region **table = pages_map(REGIONS * sizeof *table);
        if (!table)
            return NULL;
        __atomic_store_n(&regions, table, __ATOMIC_RELEASE);
    }
    struct region **region = &regions[address >> REGION_SHIFT];
    if (!*region) {
        struct region *made = pages_map(sizeof *made);
        if (!made)
            return NULL;
        __atomic_store_n(region, made, __ATOMIC_RELEASE);
    }
    struct line **line = &(*region)->line[address >> LINE_SHIFT & (LINES - 1)];
    if (!*line) {
        struct line *made = arena_alloc(sizeof *made);
        if (!made)
            return NULL;
        __atomic_store_n(line, made, __ATOMIC_RELEASE);
    }
    return cell_in(*line, address);
}

static void set_up(struct sync *sync, enum sync_kind kind, const struct thread *self)
{
    sync->id = next_id++;
    sync->kind = (uint16_t)kind;
    sync->flags = 0;
    sync->owner = sync->owner_stack = 0;
    sync->world = 0;
    sync->init_stack = sync->taken = 0;
    sync->init_thread = 0;
    vclock_clear(&sync->clock);
    if (sync->more) {
        vclock_clear(&sync->more->readers);
        vclock_clear(&sync->more->phase[0]);
        vclock_clear(&sync->more->phase[1]);
        mem_clear(sync->more, sizeof *sync->more);
    }
    if (self && sync->address >= self->stack_low && sync->address < self->stack_high)
        sync->flags |= SYNC_ON_STACK;
}

static __attribute__((noinline)) struct sync *make(struct thread *self, uintptr_t address,
                                                   enum sync_kind kind)
{
    lock_take(LOCK_SYNCS);
    struct sync *sync = find(address);
    if (!sync) {
        struct sync **cell = cell_make(address);
        sync = free_syncs;
        if (!cell)
            sync = NULL;
        else if (sync)
            free_syncs = sync->next;
        else
            sync = arena_alloc(sizeof *sync);
        if (sync) {
            sync->address = address;
            set_up(sync, kind, self);
            sync->next = *cell;
            __atomic_store_n(cell, sync, __ATOMIC_RELEASE);
        }
    } else if (sync->kind != kind) {
        set_up(sync, kind, self);
    }
    lock_give(LOCK_SYNCS);
    return sync;
}

struct sync *sync_get(struct thread *self, uintptr_t address, enum sync_kind kind)
{
    struct sync *sync = find(address);
    if (likely(sync && sync->kind == kind))
        return sync;
    return make(self, address, kind);
}

struct sync_more *sync_more(struct sync *sync)
{
    struct sync_more *more = __atomic_load_n(&sync->more, __ATOMIC_ACQUIRE);
    if (likely(more != NULL))
        return more;
    lock_take(LOCK_SYNCS);
    if (!sync->more)
        __atomic_store_n(&sync->more, (struct sync_more *)arena_alloc(sizeof *more),
                         __ATOMIC_RELEASE);
    lock_give(LOCK_SYNCS);
    return sync->more;
}

void sync_renew(struct sync *sync, enum sync_kind kind)
{
    lock_take(LOCK_SYNCS);
    uint16_t place = sync->flags & SYNC_ON_STACK;
    set_up(sync, kind, NULL);
    sync->flags |= place;
    lock_give(LOCK_SYNCS);
}

/* LOCK_SYNCS held. A reader that walks this chain goes on in the free list, where no address is the
   one it looks for: addresses are cleared first. */
static void unlink_at(struct sync **at)
{
    struct sync *sync = *at;
    set_up(sync, (enum sync_kind)sync->kind, NULL);
    __atomic_store_n(&sync->address, 0, __ATOMIC_RELEASE);
    __atomic_store_n(at, sync->next, __ATOMIC_RELEASE);
    __atomic_store_n(&sync->next, free_syncs, __ATOMIC_RELEASE);
    free_syncs = sync;
}

void sync_retire(struct sync *sync)
{
    lock_take(LOCK_SYNCS);
    uintptr_t address = sync->address;
    struct region *region = address ? region_of(address) : NULL;
    struct line *line = region ? line_in(region, address) : NULL;
    struct sync **at = line ? cell_in(line, address) : NULL;
    while (at && *at && *at != sync)
        at = &(*at)->next;
    if (at && *at)
        unlink_at(at);
    lock_give(LOCK_SYNCS);
}

typedef void visitor(struct sync *sync, void *with);

static void each_in(struct line *line, uintptr_t start, uintptr_t end, visitor *visit, void *with,
                    bool retire)
{
    for (uint32_t i = 0; i < CELLS; i++) {
        struct sync **at = &line->cell[i];
        while (*at) {
            struct sync *sync = *at;
            bool inside = sync->address >= start && sync->address < end;
            if (inside && visit)
                visit(sync, with);
            if (inside && retire) {
                lock_take(LOCK_SYNCS);
                if (*at == sync)
                    unlink_at(at);
                lock_give(LOCK_SYNCS);
            } else {
                at = &sync->next;
            }
        }
    }
}

void sync_memory_gone(uintptr_t start, uintptr_t end, visitor *visit, void *with)
{
    if (!regions)
        return;
    for (uintptr_t at = start & ~((1ul << LINE_SHIFT) - 1); at < end;) {
        struct region *region = region_of(at);
        if (!region) {
            at = (at | ((1ul << REGION_SHIFT) - 1)) + 1;
            continue;
        }
        struct line *line = line_in(region, at);
        if (unlikely(line))
            each_in(line, start, end, visit, with, true);
        at += 1ul << LINE_SHIFT;
    }
}

void sync_each(visitor *visit, void *with)
{
    for (uint32_t r = 0; regions && r < REGIONS; r++)
        for (uint32_t l = 0; regions[r] && l < LINES; l++)
            if (regions[r]->line[l])
                each_in(regions[r]->line[l], 0, UINTPTR_MAX, visit, with, false);
}

void sync_after_fork(void)
{
    /* Clocks are of the world before (vclock_world) and read as nothing; owners stay: a lock that
       another thread of the parent held is held for ever in the child. */
}
