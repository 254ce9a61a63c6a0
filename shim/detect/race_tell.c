#include "detect/race_tell.h"

#include <dlfcn.h>
#include <sys/auxv.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "detect/race.h"
#include "detect/race_heap.h"
#include "report/finding.h"
#include "state/called.h"
#include "state/depot.h"
#include "state/maybe_order.h"
#include "state/place.h"
#include "state/shadow.h"

/* Pairs of places that were told already, by kind and both stacks in either order: the same race
   comes again and again, and what is told of it the second time is a number. Open addressing; a
   pair for which there is no room is left to finding_tell(). */
#define PAIRS       16384u
#define PAIRS_TRIED 64u
static struct pair {
    uint64_t key; /* 0 free; taken by compare-and-swap */
    struct finding_row *row;
    uint32_t looks;         /* how often it was asked whether it depends on another finding */
    stamp_t stored, loaded; /* the newest that were noted as an order that there may be; a hint */
} * pairs;

static struct pair *pair_of(uint32_t stack, uint32_t other, enum kind kind)
{
    uint64_t low = stack < other ? stack : other, high = stack < other ? other : stack;
    uint64_t key = (high << 32 | low << 1 | (kind == KIND_DATA_RACE)) + 1;
    if (unlikely(!__atomic_load_n(&pairs, __ATOMIC_ACQUIRE))) {
        lock_take(LOCK_SHADOW);
        if (!pairs)
            __atomic_store_n(&pairs, (struct pair *)pages_map_wiped(PAIRS * sizeof *pairs),
                             __ATOMIC_RELEASE);
        lock_give(LOCK_SHADOW);
    }
    uint64_t at = key * 0x9e3779b97f4a7c15ull >> 50;
    for (uint32_t i = 0; pairs && i < PAIRS_TRIED; i++) {
        struct pair *pair = &pairs[(at + i) % PAIRS];
        uint64_t found = __atomic_load_n(&pair->key, __ATOMIC_RELAXED);
        if (!found)
            __atomic_compare_exchange_n(&pair->key, &found, key, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED);
        if (!found || found == key)
            return pair;
    }
    return NULL;
}

/* A finding's count is exact as far as this. Past it threads count in lots, because a race that
   comes a million times would cost the lock of all findings each time: then the count is at least
   so much, and too low by less than a lot for each thread. */
#define COUNTED_SINGLY 256u
#define LOT            64u

static void count(struct thread *self, struct finding_row *row)
{
    struct thread_accesses *own = thread_accesses(self);
    if (!own || __atomic_load_n(&row->count, __ATOMIC_RELAXED) < COUNTED_SINGLY) {
        finding_again(row, 1);
        return;
    }
    struct told *told = &own->told[(uintptr_t)row / sizeof *row % TOLD];
    if (told->row != row && told->times)
        finding_again(told->row, told->times);
    told->times = told->row == row ? told->times + 1 : 1;
    told->row = row;
    if (told->times == LOT) {
        finding_again(row, LOT);
        told->times = 0;
    }
}

/* Was this pair told before? Then it is counted. */
static bool is_told(struct thread *self, struct pair *pair)
{
    struct finding_row *row = pair ? __atomic_load_n(&pair->row, __ATOMIC_ACQUIRE) : NULL;
    if (row)
        count(self, row);
    return row != NULL;
}

/* Both threads may be here at once, each with the other's access as the earlier one: that is one
   finding, whatever else is told with it. */
static struct finding_row *tell(struct pair *pair, const struct finding *finding)
{
    return pair ? finding_tell_once(finding, &pair->row) : finding_tell(finding);
}

/* ---- what may have ordered it (state/maybe_order.h) ---- */

static void add_maybe(struct thread *self, struct finding *finding, stamp_t earlier)
{
    uint32_t by[MAYBE_MOST], count = maybe_order_find(self, earlier, by);
    for (uint32_t i = 0; i < count; i++)
        finding_evidence(finding, EVIDENCE_MAYBE, ROLE_HERE)->a = by[i];
}

/* The pair was told as one that other accesses may have ordered. Once they had not, it is a race
   whatever they are. */
#define LOOKS 64u
static void look_again(struct thread *self, struct pair *pair, stamp_t earlier)
{
    uint32_t by[MAYBE_MOST];
    struct finding_row *row = pair ? pair->row : NULL;
    if (!row || __atomic_fetch_add(&pair->looks, 1, __ATOMIC_RELAXED) >= LOOKS ||
        maybe_order_find(self, earlier, by))
        return;
    struct evidence_row *evidence = ROW(SECTION_EVIDENCE, struct evidence_row, row->evidence);
    for (uint32_t i = 0; i < row->evidence_count; i++)
        if (evidence[i].type == EVIDENCE_MAYBE)
            __atomic_store_n(&evidence[i].b, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&pair->looks, LOOKS, __ATOMIC_RELAXED);
}

/* What is told in full costs a call each time: an array that races everywhere is left to the
   filters. */
#define ALL_TOLD_MOST 8192u
static uint32_t all_told; /* atomic */

/* From now on each access to what here touches is told, also where a filter knows it: filters are
   kept over epochs in which nobody learnt of a release (rewrite/location.h), and loads and stores
   that they hide would make no notes. */
static void tell_all(const struct access_here *here, uintptr_t granule)
{
    uintptr_t start = here->address > granule ? here->address : granule;
    uintptr_t end = here->address + here->size;
    size_t size = (end < granule + GRANULE ? end : granule + GRANULE) - start;
    uint64_t *cell = shadow_cells(granule);
    if (!race_all_told || !cell || shadow_all_told(start) & (start & 4 ? 8u : 4u) ||
        __atomic_load_n(&all_told, __ATOMIC_RELAXED) >= ALL_TOLD_MOST)
        return;
    __atomic_fetch_add(&all_told, 1, __ATOMIC_RELAXED);
    shadow_undecided_set(start, size);
    if (shadow_lock(cell))
        shadow_unlock(cell);
    race_all_told(start, size);
}

/* Does the epoch of this record last? Then its thread may load the same once more, and nothing is
   told of that. */
static bool lasts(stamp_t stamp)
{
    const struct thread *owner = vclock_owner_of(stamp);
    return owner && !((__atomic_load_n(&owner->clock.now, __ATOMIC_RELAXED) ^ stamp) & STAMP_MASK);
}

/* The race may be no race, where both are movs: then its store has released to its load. */
static void note_maybe(struct thread *self, struct pair *pair, const struct access_here *here,
                       uintptr_t granule, const struct record *earlier,
                       const struct finding_row *row)
{
    /* A function of libc makes no atomic access: x264 copies what another thread is at work on. */
    if (!row || !(here->how & ACCESS_MOVE) || earlier->cell & CELL_ATOMIC ||
        called_by(context_stack(earlier->context)))
        return;
    tell_all(here, granule);
    bool forth = !(here->how & ACCESS_WRITE);
    if (!forth && !lasts(earlier->cell))
        return;
    stamp_t now = self->clock.now, then = earlier->cell & STAMP_MASK;
    stamp_t stored = forth ? then : now, loaded = forth ? now : then;
    if (pair && pair->stored == stored && pair->loaded == loaded)
        return;
    if (pair)
        pair->stored = stored, pair->loaded = loaded;
    maybe_order_add(stored, loaded, finding_number(row));
    /* What follows the store is not before it. */
    if (!forth)
        vclock_advance(&self->clock);
}

static void add_access(struct finding *finding, enum role role, uint32_t thread, uint32_t stack,
                       const struct access_here *access)
{
    struct evidence_row *row = finding_evidence(finding, EVIDENCE_ACCESS, role);
    row->thread = thread;
    row->stack = stack;
    row->a = access->address;
    row->b = access->size;
    row->c = access->how;
    row->string = string_keep(called_by(stack));
}

static void add_locks(struct finding *finding, enum role role, uint32_t thread, context_t context)
{
    uint32_t count;
    const struct held_row *rows = lockset_rows(context_lockset(context), &count);
    for (uint32_t i = 0; i < count && i < 4; i++) {
        struct evidence_row *row = finding_evidence(finding, EVIDENCE_LOCK, role);
        row->thread = thread;
        row->stack = rows[i].stack;
        row->a = rows[i].address;
        row->b = rows[i].kind | (uint64_t)rows[i].mode << 16 | (uint64_t)rows[i].id << 32;
        row->c = rows[i].init_stack;
    }
}

static void add_creation(struct finding *finding, enum role role, uint32_t thread)
{
    if (thread)
        finding_stack(finding, role, thread_row(thread)->created_stack,
                      thread_row(thread)->creator);
}

static void add_block(struct finding *finding, const struct block_row *row, uintptr_t address)
{
    struct evidence_row *block = finding_evidence(finding, EVIDENCE_BLOCK, ROLE_ALLOCATED);
    block->a = block_address(row);
    block->b = block_size(row);
    block->c = address - block_address(row);
    finding_stack(finding, ROLE_ALLOCATED, row->stack, row->thread);
}

static void add_object(struct thread *self, struct finding *finding, uintptr_t address)
{
    const struct block_row *row = block_holding(address);
    if (row) {
        add_block(finding, row, address);
        return;
    }
    const char *module = NULL;
    enum place place = place_of(self, address, &module);
    struct evidence_row *object = finding_evidence(finding, EVIDENCE_ADDRESS, ROLE_HERE);
    object->a = address;
    object->b = place;
    object->string = module ? string_keep(module) : 0;
}

/* The bytes of a granule that a record speaks of: their first and how many lie in one piece. */
static struct access_here access_of(uintptr_t granule, const struct record *record)
{
    unsigned bytes = record->cell & CELL_BYTES;
    unsigned first = (unsigned)__builtin_ctz(bytes | 0x100);
    return (struct access_here){
        .address = granule + first,
        .size = (unsigned)__builtin_ctz(~(bytes >> first)),
        .how = (record->cell & CELL_WRITE ? ACCESS_WRITE : 0u) |
               (record->cell & CELL_ATOMIC ? ACCESS_ATOMIC : 0u),
        .context = record->context,
    };
}

/* The loader frees under locks of its own, which nobody sees: names of modules that callbacks of
   dl_iterate_phdr look at, thread-local variables of threads that have ended. The latter are freed
   by pthread_create, too. */
static bool is_freed_by_runtime(const struct thread *self, uint32_t stack)
{
    struct dl_find_object caller, loader;
    const struct stack_row *row = depot_row(stack);
    if (self->creates)
        return true;
    return row && row->frame_count &&
           _dl_find_object((void *)(uintptr_t)row->frames[0], &caller) == 0 &&
           _dl_find_object((void *)getauxval(AT_BASE), &loader) == 0 &&
           caller.dlfo_map_start == loader.dlfo_map_start;
}

void race_tell(struct thread *self, const struct access_here *here, uintptr_t granule,
               const struct record *record)
{
    struct access_here earlier = access_of(granule, record);
    if (here->how & ACCESS_FREE && is_freed_by_runtime(self, context_stack(here->context)))
        return;
    struct pair *pair =
        pair_of(context_stack(here->context), context_stack(earlier.context), KIND_DATA_RACE);
    if (is_told(self, pair)) {
        look_again(self, pair, record->cell);
        note_maybe(self, pair, here, granule, record, pair->row);
        return;
    }
    struct finding finding;
    uint32_t other = vclock_thread_of(record->cell);
    finding_begin(&finding, KIND_DATA_RACE, self);
    add_access(&finding, ROLE_HERE, self->number, context_stack(here->context), here);
    add_locks(&finding, ROLE_HELD, self->number, here->context);
    add_access(&finding, ROLE_EARLIER, other, context_stack(earlier.context), &earlier);
    add_locks(&finding, ROLE_HELD_EARLIER, other, earlier.context);
    uintptr_t shared = here->address > earlier.address ? here->address : earlier.address;
    add_object(self, &finding, shared);
    add_creation(&finding, ROLE_CREATED, self->number);
    add_creation(&finding, ROLE_CREATED_EARLIER, other);
    add_maybe(self, &finding, record->cell);
    finding_unordered(&finding);
    struct finding_row *row = tell(pair, &finding);
    look_again(self, pair, record->cell); /* it may be the other thread's by now */
    note_maybe(self, pair, here, granule, record, row);
}

void race_tell_freed(struct thread *self, const struct access_here *here, uintptr_t address,
                     const struct block_row *row, stamp_t freed)
{
    const char *module;
    enum place place = place_of(self, address, &module);
    /* The heap gave its memory back, and something else lies there by now. */
    if (place == PLACE_STACK || place == PLACE_GLOBAL || place == PLACE_CODE) {
        block_forget_freed(block_address(row), block_address(row) + 1);
        return;
    }
    struct pair *pair =
        pair_of(context_stack(here->context), row->freed_stack, KIND_USE_AFTER_FREE);
    if (is_told(self, pair))
        return;
    struct finding finding;
    uint32_t other = vclock_thread_of(freed);
    bool race = freed && !vclock_knows(&self->clock, freed);
    finding_begin(&finding, KIND_USE_AFTER_FREE, self);
    add_access(&finding, ROLE_HERE, self->number, context_stack(here->context), here);
    add_locks(&finding, ROLE_HELD, self->number, here->context);
    finding_stack(&finding, ROLE_FREED, row->freed_stack, other);
    add_block(&finding, row, address);
    add_creation(&finding, ROLE_CREATED, self->number);
    if (other != self->number)
        add_creation(&finding, ROLE_CREATED_EARLIER, other);
    finding.detail = string_keep(race ? "nothing orders the free before the access: in another run "
                                        "the access may come first"
                                      : "the free is ordered before the access: it happens so in "
                                        "every run that comes this way");
    tell(pair, &finding);
}

void race_tell_after_fork(void)
{
    maybe_order_after_fork();
    if (pairs) /* wiped by the fork, unless the kernel knows no MADV_WIPEONFORK */
        mem_clear(pairs, PAIRS * sizeof *pairs);
}
