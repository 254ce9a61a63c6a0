#include "state/sync.h"

#include "base/lock.h"
#include "base/memory.h"

#define REGION_SHIFT 24 /* 16 MB of addresses; sync.h knows it too */
#define PIECE_SHIFT  16 /* 64 KB: whether there are any lines, for large ranges */
#define LINE_SHIFT   8
#define CELL_SHIFT   3
#define LINES        (1u << (REGION_SHIFT - LINE_SHIFT))
#define CELLS        (1u << (LINE_SHIFT - CELL_SHIFT))
#define PIECES       (1u << (REGION_SHIFT - PIECE_SHIFT))
#define REGIONS      (1u << (47 - REGION_SHIFT))

struct line {
    struct sync *cell[CELLS];
    struct line *older; /* all lines: newest_line and on */
    uint32_t count;     /* objects; written under LOCK_SYNCS, read by anybody */
};
struct sync_region {
    uint8_t piece_used[PIECES]; /* 1 once it has a line */
    struct line *line[LINES];
};

struct sync_region **sync_regions; /* REGIONS pointers, mapped at first use */
static struct line *newest_line;   /* LOCK_SYNCS for writers */
static struct sync *free_syncs;    /* LOCK_SYNCS */
static uint32_t next_id = 1;       /* LOCK_SYNCS */

static inline struct sync_region *region_of(uintptr_t address)
{
    struct sync_region **table = __atomic_load_n(&sync_regions, __ATOMIC_ACQUIRE);
    if (unlikely(!table || address >> 47))
        return NULL;
    return __atomic_load_n(&table[address >> REGION_SHIFT], __ATOMIC_ACQUIRE);
}

static inline struct line *line_in(const struct sync_region *region, uintptr_t address)
{
    return __atomic_load_n(&region->line[address >> LINE_SHIFT & (LINES - 1)], __ATOMIC_ACQUIRE);
}

static inline bool piece_is_used(const struct sync_region *region, uintptr_t address)
{
    return __atomic_load_n(&region->piece_used[address >> PIECE_SHIFT & (PIECES - 1)],
                           __ATOMIC_RELAXED);
}

static inline struct sync **cell_in(struct line *line, uintptr_t address)
{
    return &line->cell[address >> CELL_SHIFT & (CELLS - 1)];
}

static inline struct sync *around(uintptr_t address)
{
    struct sync_region *region = region_of(address);
    struct line *line = region ? line_in(region, address) : NULL;
    return line ? __atomic_load_n(cell_in(line, address), __ATOMIC_ACQUIRE) : NULL;
}

struct sync *sync_around(uintptr_t address)
{
    return around(address);
}

/* Kinds that share an address with no other: what is there of one is not the other made anew. */
static inline uint32_t plane(uint32_t kind)
{
    return kind >= SYNC_ATOMIC && kind <= SYNC_ANNOTATED_LOCK ? kind : 0;
}

static inline struct sync *find(uintptr_t address, uint32_t kind)
{
    struct sync *sync = around(address);
    while (sync && (sync->address != address || plane(sync->kind) != plane(kind)))
        sync = __atomic_load_n(&sync->next, __ATOMIC_ACQUIRE);
    return sync;
}

struct sync *sync_find(uintptr_t address)
{
    return find(address, 0);
}

struct sync *sync_find_kind(uintptr_t address, enum sync_kind kind)
{
    struct sync *sync = find(address, kind);
    return sync && sync->kind == kind ? sync : NULL;
}

/* LOCK_SYNCS held. The line of address, made when need be; NULL when memory is short. */
static struct line *line_make(uintptr_t address)
{
    if (address >> 47)
        return NULL;
    if (!sync_regions) {
        struct sync_region **table = pages_map(REGIONS * sizeof *table);
        if (!table)
            return NULL;
        __atomic_store_n(&sync_regions, table, __ATOMIC_RELEASE);
    }
    struct sync_region **region = &sync_regions[address >> REGION_SHIFT];
    if (!*region) {
        struct sync_region *made = pages_map(sizeof *made);
        if (!made)
            return NULL;
        __atomic_store_n(region, made, __ATOMIC_RELEASE);
    }
    struct line **line = &(*region)->line[address >> LINE_SHIFT & (LINES - 1)];
    if (!*line) {
        struct line *made = arena_alloc(sizeof *made);
        if (!made)
            return NULL;
        made->older = newest_line;
        __atomic_store_n(&newest_line, made, __ATOMIC_RELEASE);
        (*region)->piece_used[address >> PIECE_SHIFT & (PIECES - 1)] = 1;
        __atomic_store_n(line, made, __ATOMIC_RELEASE);
    }
    return *line;
}

static void set_up(struct sync *sync, enum sync_kind kind)
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
}

/* The thread on whose stack the address lies; NULL: on none. */
static struct thread *stack_owner(struct thread *self, uintptr_t address)
{
    struct thread *thread = self;
    if (thread && address >= thread->stack_low && address < thread->stack_high)
        return thread;
    for (thread = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); thread; thread = thread->next)
        if (address >= thread->stack_low && address < thread->stack_high && !thread->ended)
            return thread;
    return NULL;
}

static void place(struct sync *sync, struct thread *self)
{
    struct thread *owner = stack_owner(self, sync->address);
    if (likely(!owner))
        return;
    sync->flags |= SYNC_ON_STACK;
    uintptr_t low = __atomic_load_n(&owner->sync_low, __ATOMIC_RELAXED);
    while (sync->address < low &&
           !__atomic_compare_exchange_n(&owner->sync_low, &low, sync->address, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* LOCK_SYNCS held. A few at a time: an arena gives no cache lines. */
static struct sync *take_free(void)
{
    enum { COUNT = 16 };
    enum { ALIGN = _Alignof(struct sync) };
    uintptr_t chunk = free_syncs ? 0 : (uintptr_t)arena_alloc(COUNT * sizeof *free_syncs + ALIGN);
    struct sync *made = (struct sync *)((chunk + ALIGN - 1) & -(uintptr_t)ALIGN);
    for (int i = 0; chunk && i < COUNT; i++) {
        made[i].next = free_syncs;
        vclock_inside_set_up(sync_inside(&made[i]), VCLOCK_INSIDE);
        free_syncs = &made[i];
    }
    struct sync *sync = free_syncs;
    if (sync)
        free_syncs = sync->next;
    return sync;
}

/* LOCK_SYNCS held. */
static struct sync *add(struct thread *self, uintptr_t address, enum sync_kind kind)
{
    struct line *line = line_make(address);
    if (!line)
        return NULL;
    struct sync *sync = take_free();
    if (!sync)
        return NULL;
    struct sync **cell = cell_in(line, address);
    __atomic_store_n(&line->count, line->count + 1, __ATOMIC_RELAXED);
    set_up(sync, kind);
    __atomic_store_n(&sync->next, *cell, __ATOMIC_RELAXED);
    __atomic_store_n(&sync->address, address, __ATOMIC_RELAXED);
    place(sync, self);
    __atomic_store_n(cell, sync, __ATOMIC_RELEASE);
    return sync;
}

static __attribute__((noinline)) struct sync *make(struct thread *self, uintptr_t address,
                                                   enum sync_kind kind)
{
    lock_take(LOCK_SYNCS);
    struct sync *sync = find(address, kind);
    if (!sync) {
        sync = add(self, address, kind);
    } else if (sync->kind != kind) {
        set_up(sync, kind);
        place(sync, self);
    }
    lock_give(LOCK_SYNCS);
    return sync;
}

struct sync *sync_get(struct thread *self, uintptr_t address, enum sync_kind kind)
{
    struct sync *sync = find(address, kind);
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
    set_up(sync, kind);
    sync->flags |= place;
    lock_give(LOCK_SYNCS);
}

/* LOCK_SYNCS held. No look-up that begins now finds it; its own next still leads on for those that
   stand on it. */
static struct sync *detach(struct line *line, struct sync **at)
{
    struct sync *sync = *at;
    __atomic_store_n(&line->count, line->count - 1, __ATOMIC_RELAXED);
    __atomic_store_n(at, sync->next, __ATOMIC_RELEASE);
    return sync;
}

/* LOCK_SYNCS held. A look-up that stands on it goes on in the free list, where no address is the
   one it looks for. */
static void give_back(struct sync *sync)
{
    set_up(sync, (enum sync_kind)sync->kind);
    sync->id = 0;
    __atomic_store_n(&sync->address, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&sync->next, free_syncs, __ATOMIC_RELEASE);
    free_syncs = sync;
}

void sync_retire(struct sync *sync)
{
    lock_take(LOCK_SYNCS);
    uintptr_t address = sync->address;
    struct sync_region *region = address ? region_of(address) : NULL;
    struct line *line = region ? line_in(region, address) : NULL;
    struct sync **at = line ? cell_in(line, address) : NULL;
    while (at && *at && *at != sync)
        at = &(*at)->next;
    if (at && *at)
        give_back(detach(line, at));
    lock_give(LOCK_SYNCS);
}

typedef void visitor(struct sync *sync, void *with);

/* Takes one object of [start, end) out of its line; NULL when there is none. */
static struct sync *take_out(struct line *line, uintptr_t start, uintptr_t end)
{
    struct sync *out = NULL;
    lock_take(LOCK_SYNCS);
    for (uint32_t i = 0; i < CELLS && !out; i++)
        for (struct sync **at = &line->cell[i]; *at && !out; at = *at ? &(*at)->next : at)
            if ((*at)->address >= start && (*at)->address < end)
                out = detach(line, at);
    lock_give(LOCK_SYNCS);
    return out;
}

static void line_gone(struct line *line, uintptr_t start, uintptr_t end, visitor *visit, void *with)
{
    for (struct sync *sync; (sync = take_out(line, start, end));) {
        if (visit)
            visit(sync, with);
        lock_take(LOCK_SYNCS);
        give_back(sync);
        lock_give(LOCK_SYNCS);
    }
}

/* Where to go on after address, where there is nothing: the next region or piece. */
static uintptr_t after(uintptr_t address, unsigned shift)
{
    return (address | ((1ul << shift) - 1)) + 1;
}

/* The first line of [at, end), or NULL; *ret_at is its address. */
static struct line *line_from(uintptr_t at, uintptr_t end, uintptr_t *ret_at)
{
    while (at < end) {
        struct sync_region *region = region_of(at);
        struct line *line = NULL;
        if (!region)
            at = after(at, REGION_SHIFT);
        else if (!piece_is_used(region, at))
            at = after(at, PIECE_SHIFT);
        else if (!(line = line_in(region, at)) || !__atomic_load_n(&line->count, __ATOMIC_RELAXED))
            at = after(at, LINE_SHIFT);
        else {
            *ret_at = at;
            return line;
        }
    }
    return NULL;
}

bool sync_may_lie(uintptr_t start, uintptr_t end)
{
    return line_from(start, end, &start) != NULL;
}

void sync_memory_gone(uintptr_t start, uintptr_t end, visitor *visit, void *with)
{
    if (!sync_regions)
        return;
    uintptr_t at = start;
    for (struct line *line; (line = line_from(at, end, &at)); at = after(at, LINE_SHIFT))
        line_gone(line, start, end, visit, with);
}

void sync_each(visitor *visit, void *with)
{
    struct line *line = __atomic_load_n(&newest_line, __ATOMIC_ACQUIRE);
    for (; line; line = line->older)
        for (uint32_t i = 0; i < CELLS; i++) {
            struct sync *sync = __atomic_load_n(&line->cell[i], __ATOMIC_ACQUIRE);
            for (; sync; sync = __atomic_load_n(&sync->next, __ATOMIC_ACQUIRE))
                if (sync->address)
                    visit(sync, with);
        }
}

void sync_after_fork(void)
{
    /* Clocks are of the world before (vclock_world) and read as nothing; owners stay: a lock that
       another thread of the parent held is held for ever in the child. */
}
