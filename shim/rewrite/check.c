#include "rewrite/check.h"

#include "detect/race.h"
#include "detect/race_granule.h"
#include "detect/race_heap.h"
#include "rewrite/location.h"
#include "rewrite/own.h"
#include "state/constant.h"
#include "state/slots.h"
#include "state/vector.h"

/* Blocks of this size are cleared cell by cell; for more the thread takes a new tag. */
#define CLEARED_MOST (64u << 10)
/* What is unmapped and not smaller gives its cells back to the system. */
#define GIVEN_BACK_LEAST (64u << 10)

/* ---- cells ---- */

/* Slots have the tag of this epoch. False: there is none to be had. */
static inline __attribute__((always_inline)) bool has_tag(struct own *own)
{
    if (likely(rewrite_slots.write != SLOTS_STALE))
        return rewrite_slots.write != 0;
    uint64_t tag = tag_take(&own->tags);
    if (unlikely(!tag))
        return false;
    rewrite_slots.read = tag * TAG_BOTH | CELL_TOUCHED_BITS;
    rewrite_slots.write = tag * TAG_BOTH | CELL_KINDS;
    return true;
}

/* The bytes of a granule that plain records of this epoch have: all of them, and those of writes.
 */
struct covered {
    uint64_t touched, written;
};

static inline __attribute__((always_inline)) void cover(struct covered *covered, uint64_t record,
                                                        stamp_t now)
{
    uint64_t mine = (record & (STAMP_MASK | CELL_ATOMIC)) == now ? record & CELL_BYTES : 0;
    covered->touched |= mine;
    covered->written |= record & CELL_WRITE ? mine : 0;
}

static inline bool covers(const struct covered *covered, uint64_t mask, bool write)
{
    return !(mask & ~(write ? covered->written : covered->touched));
}

/* One cell, or both, as they are to be: what they say of this epoch already stays so. Another tag
   is never put back: its thread may have emptied the cell since. */
static inline __attribute__((always_inline)) void store_cells(struct own *own, uintptr_t granule,
                                                              const struct covered *covered)
{
    uint64_t *cells = (uint64_t *)filter_cell(&own->filter, granule);
    if (covered->written == CELL_BYTES) {
        __atomic_store_n(cells, rewrite_slots.write, __ATOMIC_RELAXED);
        return;
    }
    uint64_t tag = rewrite_slots.write & ~CELL_KINDS,
             old = __atomic_load_n(cells, __ATOMIC_RELAXED);
    uint64_t add = filter_spread(covered->touched) | filter_spread(covered->written) << 1;
    uint64_t other = (old ^ tag) & ~CELL_KINDS;
    uint64_t kept = ((uint32_t)other ? 0 : 0xffffffffull) | (other >> 32 ? 0 : ~0xffffffffull);
    uint64_t value = tag | add | (old & CELL_KINDS & kept);
    if ((uint32_t)add && add >> 32)
        __atomic_store_n(cells, value, __ATOMIC_RELAXED);
    else if ((uint32_t)add)
        __atomic_store_n((uint32_t *)cells, (uint32_t)value, __ATOMIC_RELAXED);
    else
        __atomic_store_n((uint32_t *)cells + 1, (uint32_t)(value >> 32), __ATOMIC_RELAXED);
}

/* Sets what records of this epoch cover, their granule locked: who makes a location of it locks it
   afterwards (race_location_new), and empties cells before. */
static inline __attribute__((always_inline)) void set_locked(struct own *own, uintptr_t granule,
                                                             const struct covered *covered)
{
    if (unlikely(!filter_has(granule)) || unlikely(!has_tag(own)) ||
        unlikely(shadow_all_told(granule)))
        return;
    store_cells(own, granule, covered);
}

static void clear_cells(struct own *own, uintptr_t granule)
{
    __atomic_store_n((uint64_t *)filter_cell(&own->filter, granule), 0, __ATOMIC_RELAXED);
}

/* The same without the lock: a location that is made at the same time is seen by the second look,
   or sees the cell. */
static inline void set_unlocked(struct own *own, uintptr_t granule, const struct covered *covered)
{
    if (unlikely(!filter_has(granule)) || !covered->touched || unlikely(!has_tag(own)) ||
        unlikely(shadow_all_told(granule)))
        return;
    store_cells(own, granule, covered);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (unlikely(shadow_all_told(granule)))
        clear_cells(own, granule);
}

/* What the two cells of the shadow say. */
static inline struct covered covered_by(const uint64_t *cell, stamp_t now)
{
    struct covered covered = {0};
    cover(&covered, __atomic_load_n(&cell[0], __ATOMIC_RELAXED), now);
    cover(&covered, __atomic_load_n(&cell[1], __ATOMIC_RELAXED), now);
    return covered;
}

/* A plain access that is on record: its bytes, and those beside them of which the shadow says so.
 */
static void set_range(struct thread *self, struct own *own, uintptr_t address, size_t size,
                      bool write)
{
    uintptr_t end = address + size;
    for (uintptr_t at = address & -(uintptr_t)GRANULE; at < end; at += GRANULE) {
        uint64_t mask = CELL_BYTES;
        if (at < address)
            mask = CELL_BYTES << (address - at) & CELL_BYTES;
        if (end - at < GRANULE)
            mask &= (1ull << (end - at)) - 1;
        struct covered covered = {0};
        const uint64_t *cell = mask == CELL_BYTES ? NULL : shadow_cells(at);
        if (cell)
            covered = covered_by(cell, self->clock.now);
        covered.touched |= mask;
        covered.written |= write ? mask : 0;
        set_unlocked(own, at, &covered);
    }
}

/* ---- the thread ---- */

/* What recording an access may need of the program's stack. */
#define STACK_ROOM 8192u

/* A program may stand at the end of its stack: ruby touches the last page that the main thread's
   can have. What it does there is not watched. Of a small stack we want no more than a quarter. */
static inline bool stack_has_room(const struct thread *self, uintptr_t sp)
{
    uintptr_t left = sp - self->stack_low; /* another stack: huge, or what is above that one */
    /* A handler on an alternate stack, which may lie inside of the thread's own. */
    if (unlikely(self->handler.stack_low != 0) && sp < self->handler.frame &&
        sp >= self->handler.stack_low)
        return sp - self->handler.stack_low >= STACK_ROOM;
    return likely(left >= STACK_ROOM) || left >= (self->stack_high - self->stack_low) / 4;
}

/* The guard, where all is as it most often is; NULL otherwise. */
static inline __attribute__((always_inline)) struct thread *enter_fast(uintptr_t sp)
{
    struct thread *self = thread_current;
    if (unlikely(!self) || unlikely(self->busy | self->waiting) || unlikely(!observing.on) ||
        unlikely(observing.races != RACES_ON) || unlikely(!self->rewrite) ||
        unlikely(!self->clock.now) || unlikely(!stack_has_room(self, sp)))
        return NULL;
    self->busy = (uintptr_t)__builtin_frame_address(0);
    __asm__ volatile("" ::: "memory");
    if (unlikely(thread_has_met(self)))
        location_met(self);
    return self;
}

/* The same for the slow part. What is not observed should not come here again. */
static struct thread *enter_slow(void)
{
    struct thread *self = guard_enter();
    if (!self) {
        if (!thread_current || !observing.on)
            slots_clear();
        return NULL;
    }
    if (observing.races == RACES_ON && self->rewrite && self->clock.now) {
        if (unlikely(thread_has_met(self)))
            location_met(self);
        return self;
    }
    slots_clear();
    guard_leave(self);
    return NULL;
}

/* ---- accesses ---- */

struct known_origin {
    struct origin origin;
    context_t context; /* 0: to be found */
    struct origins *origins;
    uintptr_t call;
    const greg_t *registers;
};

static context_t context_known(struct thread *self, const struct origin *origin)
{
    struct known_origin *known = (struct known_origin *)origin;
    if (!known->context)
        known->context =
            origin_known(self, known->origins, known->call, (uintptr_t)known->registers[REG_RSP],
                         (uintptr_t)known->registers[REG_RBP]);
    if (!known->context)
        known->context = origin_find(self, known->origins, known->call, known->registers);
    return known->context;
}

#define ORIGIN(context_, own_, call_, registers_)                                                  \
    (&(struct known_origin){.origin = {.context = context_known},                                  \
                            .context = context_,                                                   \
                            .origins = &(own_)->origins,                                           \
                            .call = call_,                                                         \
                            .registers = registers_})

/* A plain mov, aligned, at a location of synchronisation: its load or store. */
static void touch_location(struct thread *self, uintptr_t address, size_t size, bool write,
                           const struct origin *origin)
{
    race_access(self, address, size,
                ACCESS_ATOMIC | ACCESS_MOVE | (write ? ACCESS_WRITE : ACCESS_READ), origin);
    if (write)
        location_release(self, address, size);
    else
        rewrite_slots.after = (uint32_t)size;
}

/* What an access is while its granules are gone through. */
struct fast {
    struct thread *self;
    struct own *own;
    uintptr_t address;
    size_t size;
    uint32_t word;
    context_t context; /* 0: not asked for yet */
    uintptr_t call, sp, bp;
};

static inline __attribute__((always_inline)) context_t fast_context(struct fast *fast)
{
    if (!fast->context)
        fast->context =
            origin_known(fast->self, &fast->own->origins, fast->call, fast->sp, fast->bp);
    return fast->context;
}

/* Whole lines of constants: nobody writes there. */
static void set_constant(struct thread *self, struct own *own, uintptr_t address)
{
    uintptr_t start = address & -(uintptr_t)64;
    if (!constant_has(start, 64))
        start = address & -(uintptr_t)GRANULE;
    for (uintptr_t at = start; constant_has(at, GRANULE) && at < start + 64; at += GRANULE)
        if (shadow_make(at))
            set_unlocked(own, at, &(struct covered){.touched = CELL_BYTES});
}

/* The access as a whole, where its context is known: all that is not usual. */
static __attribute__((noinline)) bool fast_rest(struct fast *fast)
{
    struct thread *self = fast->self;
    uintptr_t address = fast->address;
    size_t size = fast->size;
    bool write = fast->word & SITE_WORD_WRITE;
    bool may = fast->word & SITE_WORD_MOVE && size <= 8 && address % size == 0;
    if (!write && constant_has(address, size)) {
        set_constant(self, fast->own, address);
        return true;
    }
    if (!fast_context(fast))
        return false;
    const struct known_origin *known = ORIGIN(fast->context, fast->own, 0, NULL);
    const struct origin *origin = &known->origin;
    if (may && fast->word & SITE_WORD_ATOMIC)
        location_make(self, address, size, !write);
    if (location_is(address, size)) {
        if (may)
            touch_location(self, address, size, write, origin);
        return may;
    }
    if (race_access(self, address, size,
                    ACCESS_INSTRUCTION | (write ? ACCESS_WRITE : ACCESS_READ) |
                        (may ? ACCESS_MOVE : 0),
                    origin))
        set_range(self, fast->own, address, size, write);
    if (unlikely(may && location_is(address, size))) { /* since it was asked */
        race_location_new(self, address, size);
        touch_location(self, address, size, write, origin);
    }
    return true;
}

/* The first record of a granule, as touch_new() in race_granule.c makes it. */
static __attribute__((noinline)) bool fast_new(struct thread *self, struct own *own,
                                               uintptr_t address, uint64_t newest,
                                               context_t context)
{
    const struct block_row *row = race_heap_row(self, address);
    uint64_t *cell = shadow_cells(address), line_first;
    if (!shadow_touch(address) || !shadow_lock_first(cell, &line_first))
        return false;
    uint64_t first = cell == shadow_line(cell) ? line_first : cell[0];
    /* Under the line's lock, because a free marks its block first and then comes here. */
    bool fresh = !(first | cell[1]) && !shadow_locations(address) &&
                 !(row && race_heap_is_freed(row, address));
    if (likely(fresh)) {
        struct covered covered = {0};
        cover(&covered, newest, self->clock.now);
        shadow_contexts(address)[0] = context;
        set_locked(own, address & -(uintptr_t)GRANULE, &covered);
        first = newest;
    }
    shadow_put_and_unlock(cell, first, line_first);
    return fresh;
}

/* The same where the granule has a list, or gets one. False: nothing is done, or not all. */
static __attribute__((noinline)) bool fast_listed(struct thread *self, struct own *own,
                                                  uintptr_t address, uint64_t newest,
                                                  context_t context)
{
    uint64_t *cell = shadow_cells(address), line_first, made = 0, by_kind[2];
    if (!shadow_lock_first(cell, &line_first))
        return false;
    uint64_t first = cell == shadow_line(cell) ? line_first : cell[0];
    context_t *contexts = shadow_contexts(address);
    if (unlikely(shadow_locations(address)))
        made = 0;
    else if (cell_is_list(cell[1]))
        made = granule_listed(self, cell, first, contexts, newest, context, by_kind);
    else
        made = granule_third(self, cell, first, contexts, newest, context, by_kind);
    if (made)
        set_locked(own, address & -(uintptr_t)GRANULE,
                   &(struct covered){.touched = by_kind[0] | by_kind[1], .written = by_kind[1]});
    shadow_put_and_unlock(cell, made ? made : first, line_first);
    return made != 0;
}

/* The part of it that lies in one granule, where that is usual. */
static inline __attribute__((always_inline)) bool fast_granule(struct fast *fast, uintptr_t address,
                                                               size_t size)
{
    uint64_t *cell = shadow_cells(address), line_first;
    uintptr_t granule = address & -(uintptr_t)GRANULE;
    if (unlikely(!cell) || unlikely(shadow_locations(address)))
        return false;
    stamp_t now = fast->self->clock.now;
    uint64_t mask = shadow_mask(address, size);
    uint64_t newest = now | (fast->word & SITE_WORD_WRITE ? CELL_WRITE : 0) | mask;
    struct covered covered = covered_by(cell, now);
    if (covers(&covered, mask, newest & CELL_WRITE)) {
        set_unlocked(fast->own, granule, &covered);
        return true;
    }
    if (unlikely(!fast_context(fast)))
        return false;
    if (cell_is_list(__atomic_load_n(&cell[1], __ATOMIC_RELAXED)))
        return fast_listed(fast->self, fast->own, address, newest, fast->context);
    if (unlikely(!granule_is_usual(cell)))
        return !(cell_get(&cell[0]) | __atomic_load_n(&cell[1], __ATOMIC_RELAXED)) &&
               (newest & CELL_WRITE || !constant_has(granule, GRANULE)) &&
               fast_new(fast->self, fast->own, address, newest, fast->context);
    if (unlikely(!shadow_lock_first(cell, &line_first)))
        return false;
    uint64_t first = cell == shadow_line(cell) ? line_first : cell[0];
    /* Somebody may have made a location of it since. */
    if (unlikely(shadow_locations(address))) {
        shadow_put_and_unlock(cell, first, line_first);
        return false;
    }
    uint64_t made =
        granule_usual(fast->self, cell, first, shadow_contexts(address), newest, fast->context);
    if (likely(made)) {
        covered = (struct covered){0};
        cover(&covered, made, now);
        cover(&covered, cell[1], now);
        set_locked(fast->own, granule, &covered);
    }
    shadow_put_and_unlock(cell, made ? made : first, line_first);
    return made || fast_listed(fast->self, fast->own, address, newest, fast->context);
}

/* A copy, so that the other one need not lie in memory. */
static inline __attribute__((always_inline)) bool fast_other(const struct fast *fast)
{
    struct fast copy = {.self = fast->self,
                        .own = fast->own,
                        .address = fast->address,
                        .size = fast->size,
                        .word = fast->word,
                        .context = fast->context,
                        .call = fast->call,
                        .sp = fast->sp,
                        .bp = fast->bp};
    return fast_rest(&copy);
}

static inline __attribute__((always_inline)) bool fast_access(struct fast *fast)
{
    if (likely(fast->address % GRANULE + fast->size <= GRANULE))
        return fast_granule(fast, fast->address, fast->size) || fast_other(fast);
    uintptr_t end = fast->address + fast->size;
    for (uintptr_t at = fast->address, next; at < end; at = next) {
        next = (at | (GRANULE - 1)) + 1;
        if (!fast_granule(fast, at, (next < end ? next : end) - at))
            return fast_other(fast);
    }
    return true;
}

static __attribute__((noinline)) bool fast_begin(uintptr_t call, uintptr_t sp, uintptr_t bp)
{
    struct fast fast = {.address = rewrite_slots.address,
                        .word = rewrite_slots.site,
                        .call = call,
                        .sp = sp,
                        .bp = bp};
    fast.size = 1u << (fast.word >> 1 & 7);
    fast.self = enter_fast(sp);
    if (unlikely(!fast.self))
        return false;
    fast.own = fast.self->rewrite;
    bool done = likely(!(fast.self->ignore_reads | fast.self->ignore_writes)) &&
                (unlikely(fast.word & SITE_WORD_ATOMIC) ? fast_other(&fast) : fast_access(&fast));
    guard_leave(fast.self);
    return done;
}

/* Do the cells of a granule say all that an access to the bytes of mask would? */
static inline __attribute__((always_inline)) bool
cells_have(const struct own *own, uintptr_t granule, uint64_t mask, bool write)
{
    if (unlikely(!filter_has(granule)))
        return false;
    uint64_t cells =
        __atomic_load_n((uint64_t *)filter_cell(&own->filter, granule), __ATOMIC_RELAXED);
    uint64_t halves = (mask & 0x0f ? 0xffffffffull : 0) | (mask & 0xf0 ? ~0xffffffffull : 0);
    return !(((cells ^ rewrite_slots.write) & ~CELL_KINDS & halves) |
             (filter_spread(mask) << write & ~cells));
}

/* An access of up to 8 bytes that is not aligned, which no inline check can find. Nothing but
   reads. */
static inline bool unaligned_hits(uintptr_t address, size_t size, bool write)
{
    const struct thread *self = thread_current;
    const struct own *own = self ? self->rewrite : NULL;
    uintptr_t granule = address & -(uintptr_t)GRANULE;
    uint64_t mask = ((1ull << size) - 1) << (address - granule);
    return likely(own) && cells_have(own, granule, mask & CELL_BYTES, write) &&
           (!(mask >> GRANULE) || cells_have(own, granule + GRANULE, mask >> GRANULE, write));
}

/* A load of 4 or 8 bytes, aligned, some of which this thread has written and some read: inline
   checks know cells of one kind. They have looked at these, so they are there. */
static inline __attribute__((always_inline)) bool mixed_hits(const struct own *own,
                                                             uintptr_t address, size_t size)
{
    uint64_t cells = __atomic_load_n(
        (uint64_t *)filter_cell(&own->filter, address & -(uintptr_t)GRANULE), __ATOMIC_RELAXED);
    uint64_t differs = (cells | CELL_WRITTEN_BITS) ^ rewrite_slots.write;
    return size == GRANULE ? !differs : !(uint32_t)(differs >> (address & 4) * 8);
}

/* The cells of a record that was just made of a granule: like store_cells(). */
static inline __attribute__((always_inline)) void quick_cells(struct own *own, uintptr_t granule,
                                                              uint64_t made)
{
    uint64_t *cells = (uint64_t *)filter_cell(&own->filter, granule);
    uint64_t other = (__atomic_load_n(cells, __ATOMIC_RELAXED) ^ rewrite_slots.read) & ~CELL_KINDS;
    if (likely((made & CELL_BYTES) == CELL_BYTES) &&
        (made & CELL_WRITE || likely((uint32_t)other && other >> 32))) {
        __atomic_store_n(cells, made & CELL_WRITE ? rewrite_slots.write : rewrite_slots.read,
                         __ATOMIC_RELAXED);
        return;
    }
    struct covered covered = {.touched = made & CELL_BYTES,
                              .written = made & CELL_WRITE ? made & CELL_BYTES : 0};
    store_cells(own, granule, &covered);
}

/* The context where this is the site's newest, else by its tables. */
static inline __attribute__((always_inline)) context_t
quick_context(struct thread *self, struct own *own, uintptr_t call, uintptr_t sp, uintptr_t bp)
{
    context_t context = origin_again(self, &own->origins, call, sp, bp);
    return likely(context) ? context : origin_known(self, &own->origins, call, sp, bp);
}

/* What most misses are: up to 8 bytes of one granule with usual records or a list, by a thread
   whose epoch has a tag, of a context that is known. Does what fast_granule() would do, in fewer
   steps: moved code has looked at cells of these bytes, so they are there. False: nothing is done,
   or not all. */
static inline __attribute__((always_inline)) bool quick_granule(struct thread *self,
                                                                struct own *own, uintptr_t address,
                                                                uint64_t newest, uintptr_t call,
                                                                uintptr_t sp, uintptr_t bp)
{
    uint64_t *cell = shadow_cells(address), line_first;
    if (unlikely(!cell) || unlikely(shadow_all_told_by(cell, address)))
        return false;
    uint64_t first = cell_get(&cell[0]), second = __atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    if (unlikely(!first))
        return false;
    if (unlikely(!((first ^ newest) & STAMP_MASK)) || unlikely(!((second ^ newest) & STAMP_MASK))) {
        struct covered covered = covered_by(cell, self->clock.now);
        if (covers(&covered, newest & CELL_BYTES, newest & CELL_WRITE))
            return false;
    }
    if (unlikely(cell_is_link(second))) {
        if (!cell_is_list(second))
            return false;
        __builtin_prefetch(record_list_of(second), 1);
    }
    context_t *contexts = shadow_contexts_by(cell, address);
    __builtin_prefetch(contexts, 1);
    context_t context = quick_context(self, own, call, sp, bp);
    if (unlikely(!context))
        return false;
    if (unlikely(cell_is_link(second)))
        return fast_listed(self, own, address, newest, context);
    if (unlikely(!shadow_try_first(cell, &line_first)))
        return false;
    bool leads = cell == shadow_line(cell);
    first = leads ? line_first : cell[0];
    uint64_t made = 0;
    if (likely(!shadow_all_told_by(cell, address)))
        made = granule_usual(self, cell, first, contexts, newest, context);
    if (likely(made))
        quick_cells(own, address & -(uintptr_t)GRANULE, made);
    shadow_put_and_unlock(cell, made ? made : first, line_first);
    return likely(made) || fast_listed(self, own, address, newest, context);
}

static __attribute__((noinline)) bool quick(uintptr_t call, uintptr_t sp, uintptr_t bp)
{
    uint32_t word = rewrite_slots.site;
    uintptr_t address = rewrite_slots.address;
    size_t size = 1u << (word >> 1 & 7);
    bool write = word & SITE_WORD_WRITE;
    struct thread *self = enter_fast(sp);
    if (unlikely(!self))
        return false;
    struct own *own = self->rewrite;
    /* Entering may have begun an epoch (location_met), which has no tag then. */
    if (unlikely(rewrite_slots.write == SLOTS_STALE)) {
        guard_leave(self);
        return fast_begin(call, sp, bp);
    }
    if (!write && size >= 4 && unlikely(mixed_hits(own, address, size))) {
        guard_leave(self);
        return true;
    }
    uint64_t newest = self->clock.now | (write ? CELL_WRITE : 0) | shadow_mask(address, size);
    bool done = likely(!(self->ignore_reads | self->ignore_writes)) &&
                quick_granule(self, own, address, newest, call, sp, bp);
    guard_leave(self);
    return likely(done) || fast_begin(call, sp, bp);
}

bool check_fast(uintptr_t call, uintptr_t sp, uintptr_t bp)
{
    uint32_t word = rewrite_slots.site;
    uintptr_t address = rewrite_slots.address;
    unsigned log = word >> 1 & 7;
    if (likely(log <= 3) && likely(!(address & ((1u << log) - 1))) &&
        likely(!(word & SITE_WORD_ATOMIC)))
        return quick(call, sp, bp);
    if (unlikely(log == SITE_WORD_ASK))
        return false;
    if (address & ((1u << log) - 1) & 7 && log <= 3 &&
        unaligned_hits(address, 1u << log, word & SITE_WORD_WRITE))
        return true;
    return fast_begin(call, sp, bp);
}

bool check_before(uintptr_t call, uintptr_t sp, uintptr_t bp)
{
    uint32_t word = rewrite_slots.site;
    unsigned log = word >> 1 & 7;
    struct thread *self = likely(log <= 4) ? enter_fast(sp) : NULL;
    if (unlikely(!self))
        return false;
    struct own *own = self->rewrite;
    context_t context = origin_known(self, &own->origins, call, sp, bp);
    if (likely(context)) {
        location_modify(self, rewrite_slots.address, 1u << log,
                        &ORIGIN(context, own, 0, NULL)->origin);
        rewrite_slots.after = 1u << log;
    }
    guard_leave(self);
    return context != 0;
}

bool check_after(uintptr_t call, uintptr_t sp, uintptr_t bp)
{
    (void)call, (void)bp;
    uint32_t size = rewrite_slots.after;
    rewrite_slots.after = 0;
    struct thread *self = enter_fast(sp);
    if (likely(self)) {
        location_acquire(self, rewrite_slots.address, size);
        guard_leave(self);
    }
    return true;
}

/* ---- all the rest ---- */

struct visit {
    struct thread *self;
    struct own *own;
    const struct rewrite_site *site;
    const greg_t *registers; /* the program's */
    const struct origin *origin;
};

static void visit_range(const struct visit *visit, uintptr_t address, size_t size, unsigned how)
{
    if (!size || address + size < address)
        return;
    how |= ACCESS_INSTRUCTION;
    if (!(how & ACCESS_WRITE) && constant_has(address, size)) {
        set_constant(visit->self, visit->own, address);
        return;
    }
    if (race_access(visit->self, address, size, how, visit->origin))
        set_range(visit->self, visit->own, address, size, how & ACCESS_WRITE);
}

static void visit_access(const struct visit *visit)
{
    uintptr_t address = rewrite_slots.address;
    unsigned flags = visit->site->flags;
    size_t size = visit->site->size;
    bool write = flags & SITE_WRITE;
    bool aligned = size && size <= 8 && !(size & (size - 1)) && address % size == 0;
    bool may = flags & SITE_MOVE && aligned;
    if (may && flags & SITE_ATOMIC)
        location_make(visit->self, address, size, !write);
    bool location = location_is(address, size);
    if (location && may) {
        touch_location(visit->self, address, size, write, visit->origin);
        return;
    }
    /* Not an atomic's operation; what order it makes is no harm. Nobody calls after it. */
    if (location && write)
        location_release(visit->self, address, size);
    else if (location)
        location_acquire(visit->self, address, size);
    visit_range(visit, address, size,
                (write ? ACCESS_WRITE : ACCESS_READ) | (may ? ACCESS_MOVE : 0));
    if (unlikely(may && location_is(address, size))) { /* since it was asked */
        race_location_new(visit->self, address, size);
        touch_location(visit->self, address, size, write, visit->origin);
    }
}

static void visit_locked(const struct visit *visit)
{
    location_modify(visit->self, rewrite_slots.address, visit->site->size, visit->origin);
    rewrite_slots.after = visit->site->size;
}

/* scas and cmps stop where the program's data says so. How many elements they read, at most count:
   counted as far as the page of the first reaches, which is there if the first is. */
static uint64_t elements_compared(const struct visit *visit, uint64_t count)
{
    (void)visit;
    return count ? 1 : 0;
}

static void visit_string(const struct visit *visit)
{
    const greg_t *registers = visit->registers;
    unsigned flags = visit->site->flags;
    uint64_t size = visit->site->size, count = 1;
    bool down = registers[REG_EFL] & 0x400;
    bool compares = flags & SITE_TARGET && !(flags & SITE_WRITE);
    if (flags & SITE_REPEATED) {
        count = (uint64_t)registers[REG_RCX];
        if (compares)
            count = elements_compared(visit, count);
    }
    if (!count || !size || count > (1ull << 47) / size)
        return;
    uint64_t bytes = count * size, back = down ? bytes - size : 0;
    if (flags & SITE_SOURCE)
        visit_range(visit, (uintptr_t)registers[REG_RSI] - back, bytes, ACCESS_STRING);
    if (flags & SITE_TARGET)
        visit_range(visit, (uintptr_t)registers[REG_RDI] - back, bytes,
                    ACCESS_STRING | (flags & SITE_WRITE ? ACCESS_WRITE : 0));
}

static void (*const visits[THUNK_COUNT])(const struct visit *visit) = {
    [THUNK_CHECK] = visit_access,
    [THUNK_BEFORE] = visit_locked,
    [THUNK_STRING] = visit_string,
    [THUNK_RANGE] = visit_access,
};

/* The row of the site that a call comes from; NULL: the module is gone, which cannot be. */
static const struct rewrite_site *site_of(struct own *own, uintptr_t call)
{
    const struct moved_module *module = own->module;
    /* 0: that module has gone, and what else its entry says is no longer so. */
    uintptr_t start = module ? __atomic_load_n(&module->code_start, __ATOMIC_ACQUIRE) : 0;
    if (!start || call < start || call >= module->code_end)
        module = own->module = moved_by_code(call);
    uint32_t row = rewrite_slots.site >> SITE_WORD_ROW;
    return module && row < module->site_count ? &module->sites[row] : NULL;
}

void check_slow(greg_t *registers, enum rewrite_thunk thunk)
{
    rewrite_slots.after = 0;
    struct thread *self = visits[thunk] ? enter_slow() : NULL;
    if (!self)
        return;
    struct own *own = self->rewrite;
    uintptr_t call = (uintptr_t)registers[REG_RIP];
    bool has_room = stack_has_room(self, (uintptr_t)registers[REG_RSP]);
    const struct rewrite_site *site = has_room ? site_of(own, call) : NULL;
    if (site) {
        greg_t programs[NGREG];
        for (unsigned i = 0; i <= REG_EFL; i++)
            programs[i] = registers[i];
        moved_to_program(programs, &rewrite_slots);
        visits[thunk](&(struct visit){.self = self,
                                      .own = own,
                                      .site = site,
                                      .registers = programs,
                                      .origin = &ORIGIN(0, own, call, programs)->origin});
    }
    guard_leave(self);
}

/* ---- life ---- */

const void *const check_thunks[THUNK_COUNT] = {
    [THUNK_CHECK] = thunk_check,   [THUNK_BEFORE] = thunk_before, [THUNK_AFTER] = thunk_after,
    [THUNK_STRING] = thunk_string, [THUNK_RANGE] = thunk_range,
};

int32_t check_slots_offset(void)
{
    uintptr_t pointer;
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
    return (int32_t)((intptr_t)&rewrite_slots - (intptr_t)pointer);
}

static void clear_part(uintptr_t start, uintptr_t end, void *with)
{
    (void)with;
    for (uint32_t i = 0; i < FILTERS; i++)
        filter_clear(&filters[i], start, end);
}

/* Of a block that is freed or born only this thread's cells can still hit: others' accesses were
   ordered before the free, by a release that ended their epoch, or race with it. */
static void forgotten(uintptr_t start, uintptr_t end, enum race_why why)
{
    const struct thread *self = thread_current;
    const struct own *own = self ? self->rewrite : NULL;
    if (why == RACE_UNMAPPED && end - start >= GIVEN_BACK_LEAST)
        filter_empty(start, end);
    else if (why != RACE_BLOCK)
        shadow_each_touched(start, end, clear_part, NULL);
    else if (own && end - start > CLEARED_MOST)
        slots_stale();
    else if (own && slots_are_watched())
        filter_clear(&own->filter, start, end);
}

void check_thread_begin(struct thread *self)
{
    static uint32_t turn;
    struct own *own = self->rewrite;
    slots_clear();
    rewrite_slots.after = 0;
    if (!own) {
        own = pages_map(sizeof *own);
        if (!own)
            return;
        own->filter = filters[__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % FILTERS];
        self->rewrite = own;
    }
    own->module = NULL;
    rewrite_slots.flip = own->filter.flip;
    if (filter_form == FORM_GS)
        __asm__ volatile("wrgsbase %0" : : "r"(own->filter.distance));
    if (observing.races == RACES_ON && self->clock.now)
        rewrite_slots.write = rewrite_slots.read = SLOTS_STALE;
}

bool check_start_up(enum rewrite_form form)
{
    if (!filter_start_up(form))
        return false;
    vector_state_wanted = true;
    race_forgotten = forgotten;
    race_all_told = location_all_told;
    race_met_locations = location_met;
    thread_begun = check_thread_begin;
    return true;
}

void check_after_fork(void)
{
    slots_clear();
    rewrite_slots.after = 0;
    filter_after_fork();
}
