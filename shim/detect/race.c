/*
 * One access against what is remembered of its granules.
 *
 * The naive model: compare with every earlier access to these bytes, and remember this one as well.
 * What is left out here is only what no later access can tell from the newer one:
 *   - an access is not remembered when a record of the same thread and epoch has all its bytes and
 *     conflicts with all that it would conflict with (a write says what a read would, a plain
 *     access says what an atomic one would);
 *   - a record that is ordered before the access, and that it says more than in the same sense,
 *     loses the bytes of the access.
 * So the first race on each byte is found as by the naive model; tests/engine compares both.
 */
#include "detect/race.h"

#include "base/memory.h"
#include "base/say.h"
#include "detect/race_benign.h"
#include "detect/race_heap.h"
#include "detect/race_tell.h"
#include "state/initialiser.h"
#include "state/options.h"
#include "state/quarantine.h"
#include "state/shadow.h"

/* Conflicts of one access that are told. */
#define FOUND_MAX 4u

struct access {
    struct thread *self;
    const struct origin *origin;
    struct access_here here;
    uint64_t cell; /* stamp and kind, no bytes */
    bool has_context;
    uint32_t found_count;
    struct found {
        struct record record;
        uintptr_t granule;
    } found[FOUND_MAX];
    /* The first of its bytes that lies in a freed block. */
    uintptr_t freed_at;
    const struct block_row *freed;
};

/* Does a record of this kind conflict with all that one of the other kind conflicts with? */
static inline bool says_all(uint64_t cell, uint64_t other)
{
    bool order = !(cell & CELL_ATOMIC) || (other & CELL_ATOMIC);
    return order && ((cell & CELL_WRITE) || !(other & CELL_WRITE));
}

static inline bool conflict(uint64_t a, uint64_t b)
{
    return ((a | b) & CELL_WRITE) && !(a & b & CELL_ATOMIC);
}

static inline context_t context_by(struct thread *self, const struct origin *origin)
{
    return origin->context ? origin->context(self, origin)
                           : context_of(self, origin->stack(self, origin));
}

static context_t context_here(struct access *access)
{
    if (!access->has_context) {
        access->here.context = context_by(access->self, access->origin);
        access->has_context = true;
    }
    return access->here.context;
}

/* Code that tests the guards of static variables does so before our eyes. */
static bool guards_are_seen;

/* Keeps one conflict for each place of the other side. */
static __attribute__((noinline)) void note(struct access *access, uintptr_t granule, uint64_t mask,
                                           const struct record *record)
{
    unsigned shared = (unsigned)(record->cell & mask);
    unsigned first = (unsigned)__builtin_ctz(shared);
    unsigned bytes = 32 - (unsigned)__builtin_clz(shared) - first;
    if (access->found_count == FOUND_MAX || race_is_benign(granule + first, bytes) ||
        (!guards_are_seen && initialiser_had(record->cell)))
        return;
    for (uint32_t i = 0; i < access->found_count; i++)
        if (access->found[i].record.context == record->context &&
            !((access->found[i].record.cell ^ record->cell) & ~CELL_BYTES))
            return;
    access->found[access->found_count++] = (struct found){.record = *record, .granule = granule};
}

/* What is left of a record after the access to the bytes of mask: 0 when nothing is. */
static inline uint64_t remains(struct access *access, uintptr_t granule, uint64_t mask,
                               const struct record *record)
{
    uint64_t cell = record->cell;
    if (!(cell & mask))
        return cell;
    if (!vclock_knows(&access->self->clock, cell)) {
        if (conflict(cell, access->cell))
            note(access, granule, mask, record);
        return cell;
    }
    if (!says_all(access->cell, cell))
        return cell;
    cell &= ~mask;
    return cell & CELL_BYTES ? cell : 0;
}

/* The bytes that records of this epoch answer for already. */
static uint64_t answered(const struct access *access, const struct record *records, uint32_t count)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!((records[i].cell ^ access->cell) & STAMP_MASK) &&
            says_all(records[i].cell, access->cell))
            bytes |= records[i].cell & CELL_BYTES;
    return bytes;
}

/* Room for count records. */
static struct record *room_for(struct thread *self, uint32_t count)
{
    struct thread_accesses *own = thread_accesses(self);
    if (!own || own->room >= count)
        return own ? own->records : NULL;
    /* What it had is lost to the arena: at most as much again. */
    uint32_t room = own->room ? own->room : 16;
    while (room < count)
        room *= 2;
    struct record *records = arena_alloc(room * sizeof *records);
    if (records)
        own->records = records, own->room = room;
    return records;
}

/* The records of a set, with room for one more. NULL when memory is short. */
static __attribute__((noinline)) struct record *read_set(struct thread *self, uint64_t link,
                                                         uint32_t *ret_count)
{
    struct record *records = room_for(self, 8);
    if (!records)
        return NULL;
    uint32_t room = thread_accesses(self)->room - 1;
    *ret_count = record_set_read(link, records, room);
    if (*ret_count <= room)
        return records;
    records = room_for(self, *ret_count + 1);
    if (records)
        *ret_count = record_set_read(link, records, *ret_count);
    return records;
}

/* Locked granule: its records, in `two` where they fit. NULL when memory is short. */
static inline struct record *read_records(struct thread *self, const uint64_t *cell, uint64_t first,
                                          const context_t *contexts, struct record two[2],
                                          uint32_t *ret_count)
{
    struct record *records = two;
    uint32_t count = 0;
    if (unlikely(cell_is_link(cell[1]))) {
        records = read_set(self, cell[1], &count);
        if (!records)
            return NULL;
    } else if (cell[1]) {
        records[count++] = (struct record){.cell = cell[1], .context = contexts[1]};
    }
    if (first)
        records[count++] = (struct record){.cell = first, .context = contexts[0]};
    *ret_count = count;
    return records;
}

/* Locked granule: the newest record goes to the first cell, the others (count of them) to the
   second or to a set. Unlocks. */
static void write_records(uint64_t *cell, context_t *contexts, struct record newest,
                          struct record *others, uint32_t count)
{
    uint64_t old = cell[1], second = 0;
    if (count == 1) {
        second = others[0].cell;
        contexts[1] = others[0].context;
    } else if (count > 1) {
        second = record_set_keep(others, count);
    }
    contexts[0] = newest.context;
    __atomic_store_n(&cell[1], second, __ATOMIC_RELAXED);
    shadow_unlock(cell, newest.cell);
    if (cell_is_link(old))
        record_set_drop(old);
}

/* What all threads know of cannot race any more, such as what was written before the first thread
   was created: without it, two readers need no set. */
static uint32_t drop_settled(struct record *records, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!vclock_is_settled(records[i].cell))
            records[kept++] = records[i];
    return kept;
}

/* Locked granule whose records are more than its cells tell at a glance. Unlocks. Returns false
   when the context is needed and not known yet; nothing has changed then. */
static bool update_locked(struct access *access, uintptr_t granule, uint64_t mask, uint64_t *cell,
                          uint64_t first)
{
    context_t *contexts = shadow_contexts(granule);
    uint32_t count = 0, kept = 0;
    struct record two[2];
    struct record *records = read_records(access->self, cell, first, contexts, two, &count);
    if (!records || !(mask & ~answered(access, records, count))) {
        shadow_unlock(cell, first);
        return true;
    }
    if (!access->has_context) {
        shadow_unlock(cell, first);
        return false;
    }
    struct record newest = {.cell = access->cell | mask, .context = access->here.context};
    for (uint32_t i = 0; i < count; i++) {
        bool same = !((records[i].cell ^ newest.cell) & ~CELL_BYTES) &&
                    records[i].context == newest.context;
        uint64_t cell_left = remains(access, granule, mask, &records[i]);
        if (same)
            newest.cell |= records[i].cell & CELL_BYTES;
        else if (cell_left)
            records[kept++] = (struct record){.cell = cell_left, .context = records[i].context};
    }
    if (unlikely(kept > 1))
        kept = drop_settled(records, kept);
    write_records(cell, contexts, newest, records, kept);
    return true;
}

/* Locked granule without records. Unlocks. */
static void first_record(struct access *access, uintptr_t granule, uint64_t mask, uint64_t *cell)
{
    shadow_contexts(granule)[0] = access->here.context;
    shadow_unlock(cell, access->cell | mask);
}

/* No record at all: memory that is new, or has been given back. */
static void touch_new(struct access *access, uintptr_t granule, uint64_t mask, uint64_t *cell)
{
    uint64_t first;
    uintptr_t address = access->here.address > granule ? access->here.address : granule;
    const struct block_row *row = race_heap_row(access->self, address);
    context_here(access);
    if (!shadow_touch(granule) || !shadow_lock(cell, &first))
        return;
    if (first | cell[1]) {
        update_locked(access, granule, mask, cell, first);
        return;
    }
    /* Under the granule's lock, because a free marks its block first and then comes here. */
    if (unlikely(row && race_heap_is_freed(row, address))) {
        shadow_unlock(cell, 0);
        if (!access->freed) {
            access->freed = row;
            access->freed_at = address;
        }
        return;
    }
    first_record(access, granule, mask, cell);
}

/* The only record is ordered before the access, which says all that it says: it is replaced. */
static inline bool replace_only(struct access *access, uintptr_t granule, uint64_t mask,
                                uint64_t *cell, uint64_t first)
{
    if (first & (CELL_LOCKED | (CELL_BYTES & ~mask)) || !says_all(access->cell, first) ||
        !vclock_knows(&access->self->clock, first))
        return false;
    context_t context = context_here(access);
    if (!__atomic_compare_exchange_n(cell, &first, first | CELL_LOCKED, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    bool only = !__atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    if (likely(only)) {
        shadow_contexts(granule)[0] = context;
        first = access->cell | mask;
    }
    shadow_unlock(cell, first);
    return only;
}

static __attribute__((noinline)) void update(struct access *access, uintptr_t granule,
                                             uint64_t mask, uint64_t *cell)
{
    uint64_t first = __atomic_load_n(&cell[0], __ATOMIC_RELAXED);
    uint64_t second = __atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    if (!(first | second)) {
        touch_new(access, granule, mask, cell);
        return;
    }
    if (!second && replace_only(access, granule, mask, cell, first))
        return;
    /* With a link, only the set can say whether the context is needed at all. */
    if (!cell_is_link(second))
        context_here(access);
    if (!shadow_lock(cell, &first) || update_locked(access, granule, mask, cell, first))
        return;
    context_here(access);
    if (shadow_lock(cell, &first))
        update_locked(access, granule, mask, cell, first);
}

static inline void access_granule(struct access *access, uintptr_t granule, uint64_t mask,
                                  uint64_t *cell)
{
    bool write = access->here.how & ACCESS_WRITE;
    stamp_t now = access->self->clock.now;
    if (likely(!(access->here.how & ACCESS_ATOMIC)) &&
        (cell_covers(__atomic_load_n(&cell[0], __ATOMIC_RELAXED), mask, now, write) ||
         cell_covers(__atomic_load_n(&cell[1], __ATOMIC_RELAXED), mask, now, write)))
        return;
    update(access, granule, mask, cell);
}

/* How many whole granules, from the one of cell on, have all their bytes answered for at a glance:
   most of a range that is copied again and again. */
static inline uintptr_t granules_covered(const uint64_t *cell, uint64_t kind, uintptr_t size)
{
    uint64_t want = kind | CELL_BYTES, same = cell_same_as(want);
    uintptr_t count = 0, whole = size / GRANULE;
    want &= same;
    while (count < whole &&
           ((__atomic_load_n(&cell[2 * count], __ATOMIC_RELAXED) & same) == want ||
            (__atomic_load_n(&cell[2 * count + 1], __ATOMIC_RELAXED) & same) == want))
        count++;
    return count;
}

/* [start, end) lies within one region. */
static void access_region(struct access *access, uintptr_t start, uintptr_t end)
{
    uint64_t *cell = shadow_make(start);
    if (unlikely(!cell))
        return;
    uintptr_t granule = start & -(uintptr_t)GRANULE;
    uint64_t mask = CELL_BYTES << start % GRANULE & CELL_BYTES;
    for (; granule < end; granule += GRANULE, cell += 2, mask = CELL_BYTES) {
        uintptr_t answered =
            mask == CELL_BYTES ? granules_covered(cell, access->cell, end - granule) : 0;
        granule += answered * GRANULE;
        cell += answered * 2;
        if (granule >= end)
            break;
        if (end - granule < GRANULE)
            mask &= (1ull << (end - granule)) - 1;
        access_granule(access, granule, mask, cell);
    }
}

static __attribute__((noinline)) void tell_found(const struct access *access)
{
    if (access->freed)
        race_tell_freed(access->self, &access->here, access->freed_at, access->freed,
                        race_heap_freed_by(access->freed));
    for (uint32_t i = 0; i < access->found_count; i++)
        race_tell(access->self, &access->here, access->found[i].granule, &access->found[i].record);
}

static inline bool is_ignored(const struct thread *self, unsigned how)
{
    return how & ACCESS_WRITE ? self->ignore_writes : self->ignore_reads;
}

/* What is left of cell after newest, an access by self: 0 when nothing is; CELL_LOCKED when both
   conflict. */
static inline uint64_t left_of(const struct thread *self, uint64_t cell, uint64_t newest)
{
    uint64_t mask = newest & CELL_BYTES;
    if (!(cell & mask))
        return cell & CELL_BYTES ? cell : 0;
    if (!vclock_knows(&self->clock, cell))
        return conflict(cell, newest) ? CELL_LOCKED : cell;
    if (!says_all(newest, cell))
        return cell;
    return cell & CELL_BYTES & ~mask ? cell & ~mask : 0;
}

static inline bool same_but_bytes(uint64_t cell, uint64_t other)
{
    return !((cell ^ other) & ~CELL_BYTES);
}

/* The usual access: within one granule, whose records and the new one fit its two cells, and that
   conflicts with none. The same as update_locked() would do. Returns false, and has done nothing,
   for all others. *context: of the access, 0 = not known yet. */
static inline __attribute__((always_inline)) bool
access_usual(struct thread *self, uintptr_t address, size_t size, unsigned how,
             const struct origin *origin, context_t *context)
{
    if (unlikely(address % GRANULE + size > GRANULE))
        return false;
    uint64_t *cell = shadow_cells(address), first, second;
    if (unlikely(!cell))
        return false;
    uint64_t newest = self->clock.now | (how & ACCESS_WRITE ? CELL_WRITE : 0) |
                      (how & ACCESS_ATOMIC ? CELL_ATOMIC : 0) | shadow_mask(address, size);
    first = __atomic_load_n(&cell[0], __ATOMIC_RELAXED);
    second = __atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    if (unlikely(!(first | second)) || unlikely(cell_is_link(second)))
        return false;
    if ((cell_covers_any(first, newest) || cell_covers_any(second, newest)))
        return true;
    context_t *contexts = shadow_contexts(address);
    if (!*context)
        *context = context_by(self, origin);
    if (unlikely(!shadow_lock(cell, &first)))
        return false;
    second = cell[1];
    uint64_t left = left_of(self, first, newest), other = left_of(self, second, newest);
    if (same_but_bytes(left, newest) && contexts[0] == *context)
        newest |= left, left = 0;
    if (same_but_bytes(other, newest) && contexts[1] == *context)
        newest |= other, other = 0;
    if (unlikely(cell_is_link(second)) ||
        unlikely((left && other) || (left | other) == CELL_LOCKED)) {
        shadow_unlock(cell, first);
        return false;
    }
    if (left)
        contexts[1] = contexts[0];
    if ((left | other) != second)
        __atomic_store_n(&cell[1], left | other, __ATOMIC_RELAXED);
    contexts[0] = *context;
    shadow_unlock(cell, newest);
    return true;
}

/* Not by an initialiser: found[] need not be cleared, and that would be most of the cost. */
static inline void access_begin(struct access *access, struct thread *self, uintptr_t address,
                                size_t size, unsigned how)
{
    access->self = self;
    access->here.address = address;
    access->here.size = size;
    access->here.how = how;
    access->here.context = 0;
    access->has_context = false;
    access->found_count = 0;
    access->freed = NULL;
    access->cell = self->clock.now | (how & ACCESS_WRITE ? CELL_WRITE : 0) |
                   (how & ACCESS_ATOMIC ? CELL_ATOMIC : 0);
}

static __attribute__((noinline)) void access_any(struct thread *self, uintptr_t address,
                                                 size_t size, unsigned how,
                                                 const struct origin *origin)
{
    struct access access;
    access_begin(&access, self, address, size, how);
    access.origin = origin;
    uintptr_t end = address + size;
    if (unlikely(end < address || end > 1ull << 47))
        return;
    while (address < end) {
        uintptr_t next = (address | (SHADOW_REGION_SIZE - 1)) + 1;
        access_region(&access, address, next < end ? next : end);
        address = next;
    }
    if (unlikely(access.found_count || access.freed))
        tell_found(&access);
}

void race_access(struct thread *self, uintptr_t address, size_t size, unsigned how,
                 const struct origin *origin)
{
    if (unlikely(!self->clock.now || is_ignored(self, how) || !size))
        return;
    context_t context = 0;
    bool done;
    if (size <= GRANULE)
        done = access_usual(self, address, size, how, origin, &context);
    else
        done = size == 2 * GRANULE && address % GRANULE == 0 &&
               access_usual(self, address, GRANULE, how, origin, &context) &&
               access_usual(self, address + GRANULE, GRANULE, how, origin, &context);
    /* What was done of it is recorded, so it is not done again. */
    if (unlikely(!done))
        access_any(self, address, size, how, origin);
}

void race_threads_begin(void)
{
    if (observing.races == RACES_WANTED && shadow_start_up()) {
        if (guards_are_seen)
            quarantine_open();
        __atomic_store_n(&observing.races, RACES_ON, __ATOMIC_RELEASE);
    }
}

/* Sees what a free conflicts with. */
static void free_part(uintptr_t start, uintptr_t end, void *with)
{
    struct access *access = with;
    for (uintptr_t at = start & -(uintptr_t)GRANULE; at < end; at += GRANULE) {
        uint64_t first, *cell = shadow_cells(at);
        if (!(__atomic_load_n(&cell[0], __ATOMIC_RELAXED) |
              __atomic_load_n(&cell[1], __ATOMIC_RELAXED)) ||
            !shadow_lock(cell, &first))
            continue;
        uint32_t count = 0;
        struct record two[2];
        struct record *records =
            read_records(access->self, cell, first, shadow_contexts(at), two, &count);
        uint64_t second = cell[1];
        for (uint32_t i = 0; records && i < count; i++)
            remains(access, at, CELL_BYTES, &records[i]);
        __atomic_store_n(&cell[1], 0, __ATOMIC_RELAXED);
        shadow_unlock(cell, 0);
        if (cell_is_link(second))
            record_set_drop(second);
    }
}

/* Blocks begin and end with a granule: what lies between the end of one and its next granule is
   nobody's. */
static uintptr_t block_end(uintptr_t address, size_t size)
{
    return (address + size + GRANULE - 1) & -(uintptr_t)GRANULE;
}

/* Most blocks are small and lie where nobody looked. */
static inline bool is_untouched(uintptr_t address, size_t size)
{
    return likely(size <= 4096) && !shadow_is_touched(address) &&
           ((address ^ (address + size)) < 4096 || !shadow_is_touched(address + size));
}

void race_block_born(struct thread *self, uintptr_t address, size_t size)
{
    (void)self;
    if (!is_untouched(address, size))
        shadow_forget(address & -(uintptr_t)GRANULE, block_end(address, size));
}

void race_block_dying(struct thread *self, uintptr_t address, size_t size, uint32_t stack)
{
    if (!self->clock.now)
        return;
    race_heap_freed(self, address);
    if (likely(is_untouched(address, size)))
        return;
    struct access access;
    access_begin(&access, self, address, size, ACCESS_WRITE | ACCESS_FREE);
    access.here.context = context_of(self, stack);
    access.has_context = true;
    race_benign_forget(address, address + size);
    shadow_each_touched(address & -(uintptr_t)GRANULE, block_end(address, size), free_part,
                        &access);
    if (unlikely(access.found_count))
        tell_found(&access);
}

/* Some bytes of a granule are new. */
static void forget_bytes(struct thread *self, uintptr_t granule, uint64_t mask)
{
    uint64_t first, *cell = shadow_cells(granule);
    uint32_t count = 0, kept = 0;
    if (!cell || !(cell[0] | cell[1]) || !shadow_lock(cell, &first))
        return;
    context_t *contexts = shadow_contexts(granule);
    struct record two[2];
    struct record *records = read_records(self, cell, first, contexts, two, &count);
    for (uint32_t i = 0; records && i < count; i++)
        if (records[i].cell & CELL_BYTES & ~mask)
            records[kept++] =
                (struct record){.cell = records[i].cell & ~mask, .context = records[i].context};
    struct record newest = {0};
    if (kept)
        newest = records[--kept];
    write_records(cell, contexts, newest, records, kept);
}

static void forget(struct thread *self, uintptr_t start, uintptr_t end)
{
    uintptr_t low = start & -(uintptr_t)GRANULE, high = end & -(uintptr_t)GRANULE;
    uint64_t from = CELL_BYTES << start % GRANULE & CELL_BYTES;
    uint64_t until = (1ull << end % GRANULE) - 1;
    if (low == high) { /* within one granule */
        forget_bytes(self, low, from & until);
        return;
    }
    if (start != low) {
        forget_bytes(self, low, from);
        low += GRANULE;
    }
    shadow_forget(low, high);
    if (until)
        forget_bytes(self, high, until);
}

void race_stack_new(struct thread *self, uintptr_t start, uintptr_t end)
{
    /* Blocks that were freed where it lies are recognised when there is something to tell: a walk
       over their table for every thread would cost more than its creation. */
    forget(self, start, end);
    race_benign_forget(start, end);
}

void race_memory_new(struct thread *self, uintptr_t start, uintptr_t end)
{
    if (!race_watched() || start >= end)
        return;
    forget(self, start, end);
    race_heap_forget(start, end);
    race_benign_forget(start, end);
}

void race_memory_gone(struct thread *self, uintptr_t start, uintptr_t end)
{
    race_memory_new(self, start, end);
}

void race_compiled(void)
{
    guards_are_seen = true;
    if (race_watched())
        quarantine_open();
}

void race_start_up(void)
{
    if (text_equal(options.text[OPTION_RACES], "full")) {
        say("races=full is not there yet: races are looked for as by races=calls");
        options.text[OPTION_RACES] = "calls"; /* a fork's child need not say it again */
    }
    observing.races = text_equal(options.text[OPTION_RACES], "off") ? RACES_OFF : RACES_WANTED;
}

void race_after_fork(void)
{
    shadow_after_fork();
    race_heap_after_fork();
    race_tell_after_fork();
    race_start_up();
}
