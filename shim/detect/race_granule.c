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
#include "detect/race_granule.h"

#include "base/memory.h"
#include "detect/race_benign.h"
#include "detect/race_heap.h"
#include "state/initialiser.h"
#include "state/vector.h"

bool granule_guards_seen;

/* Keeps one conflict for each place of the other side. */
static __attribute__((noinline)) void note(struct access *access, uintptr_t granule, uint64_t mask,
                                           const struct record *record)
{
    unsigned shared = (unsigned)(record->cell & mask);
    unsigned first = (unsigned)__builtin_ctz(shared);
    unsigned bytes = 32 - (unsigned)__builtin_clz(shared) - first;
    /* A mov that came while somebody made a location of these bytes: it was its load or store, and
       so was what is on record. */
    if (access->here.how & (ACCESS_MOVE | ACCESS_ATOMIC) &&
        (shadow_locations(granule) & (first < 4 ? 1u : 2u)))
        return;
    if (access->found_count == FOUND_MAX || race_is_benign(granule + first, bytes) ||
        (!granule_guards_seen && initialiser_had(record->cell)))
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
            access->conflicts = true, note(access, granule, mask, record);
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

/* Records that need no memory but the stack: a list and the newest. */
#define NEAR (RECORD_LIST_MAX + 1)

/* Locked granule: its records, in `near` where they fit. NULL when memory is short. */
static inline struct record *read_records(struct thread *self, const uint64_t *cell,
                                          const context_t *contexts, struct record near[NEAR],
                                          uint32_t *ret_count)
{
    uint64_t first = cell_get(&cell[0]);
    struct record *records = near;
    uint32_t count = 0;
    if (cell_is_list(cell[1])) {
        count = record_list_read(cell[1], near);
    } else if (unlikely(cell_is_link(cell[1]))) {
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

/* Parts of a granule that one thread alone touches, one after the other, such as the words of a
   request: granules beside it do not look so, and soon it does not either. */
static bool is_alone(uint64_t newest, const struct record *others, uint32_t count)
{
    bool part = (newest & CELL_BYTES) != CELL_BYTES;
    for (uint32_t i = 0; part && i < count; i++)
        part = stamp_slot(others[i].cell) == stamp_slot(newest);
    return part;
}

/* Locked granule: the newest record goes to the first cell, the others (count of them) to the
   second or to a set. */
static void put_records(uint64_t *cell, context_t *contexts, struct record newest,
                        struct record *others, uint32_t count)
{
    uint64_t old = cell_is_link(cell[1]) ? cell[1] : 0, second = 0;
    if (count > 1 || (count == 1 && cell_is_list(old))) {
        second = record_set_change(old, others, count, is_alone(newest.cell, others, count));
        old = 0;
    } else if (count == 1) {
        second = others[0].cell;
        contexts[1] = others[0].context;
    }
    contexts[0] = newest.context;
    __atomic_store_n(&cell[1], second, __ATOMIC_RELAXED);
    cell_put(&cell[0], newest.cell);
    if (old)
        record_set_drop(old);
}

/* The same for an access to the bytes of mask. What it made of the granule is kept when others may
   look so: a list is one granule's alone. */
static void put_access(struct access *access, uint64_t mask, uint64_t *cell, context_t *contexts,
                       struct record newest, struct record *others, uint32_t count)
{
    struct step *step = &access->step;
    step->first = cell_get(&cell[0]);
    step->second = cell[1];
    step->before[0] = contexts[0];
    step->before[1] = contexts[1];
    put_records(cell, contexts, newest, others, count);
    step->made = cell[1];
    step->after = contexts[1];
    bool lost = count > 1 && !step->made,
         set = cell_is_link(step->second) || cell_is_link(step->made);
    step->known = mask == CELL_BYTES && set && !lost && !access->conflicts &&
                  !cell_is_list(step->second) && !cell_is_list(step->made);
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
static bool update_locked(struct access *access, uintptr_t granule, uint64_t mask, uint64_t *cell)
{
    context_t *contexts = shadow_contexts(granule);
    uint32_t count = 0, kept = 0;
    struct record near[NEAR];
    struct record *records = read_records(access->self, cell, contexts, near, &count);
    if (!records || !(mask & ~answered(access, records, count))) {
        access->lost |= !records;
        shadow_unlock(cell);
        return true;
    }
    if (!access->has_context) {
        shadow_unlock(cell);
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
    put_access(access, mask, cell, contexts, newest, records, kept);
    shadow_unlock(cell);
    return true;
}

static inline void note_own(uint64_t own[2], uint64_t cell, uint64_t newest)
{
    if (!((cell ^ newest) & STAMP_MASK) && !(cell & CELL_ATOMIC))
        own[cell & CELL_WRITE ? 1 : 0] |= cell & CELL_BYTES;
}

/* What newest leaves of a record, 0 or CELL_LOCKED as left_of() says; what it can be one record
   with goes over to made. */
static inline uint64_t left_beside(const struct thread *self, uint64_t cell, context_t by,
                                   uint64_t newest, context_t context, uint64_t *made)
{
    uint64_t left = left_of(self, cell, newest);
    if (left == CELL_LOCKED || !same_but_bytes(cell, newest) || by != context)
        return left;
    *made |= cell & CELL_BYTES;
    return 0;
}

/* A list becomes what is left of it and of the record that was newest. Its link; 0 when there is no
   room, and nothing has changed. */
static inline uint64_t shorten(uint64_t link, const uint64_t *left, uint32_t kept, context_t newest)
{
    if (unlikely(kept > record_list_room(link)) && !(link = record_list_longer(link)))
        return 0;
    struct record_list *list = record_list_of(link);
    uint32_t count = list->count, at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!left[i])
            continue;
        list->record[at].cell = left[i];
        if (at != i)
            list->record[at].context = list->record[i].context;
        at++;
    }
    if (left[count]) {
        list->record[at].cell = left[count];
        list->record[at].context = newest;
    }
    list->count = kept;
    return link;
}

uint64_t granule_listed(const struct thread *self, uint64_t *cell, uint64_t first,
                        context_t *contexts, uint64_t newest, context_t context,
                        uint64_t ret_own[2])
{
    const struct record_list *list = record_list_of(cell[1]);
    uint64_t left[NEAR], made = newest;
    uint32_t kept = 0, count = list->count;
    ret_own[0] = ret_own[1] = 0;
    if (unlikely(!first))
        return 0;
    for (uint32_t i = 0; i <= count; i++) {
        uint64_t record = i < count ? list->record[i].cell : first;
        context_t by = i < count ? list->record[i].context : contexts[0];
        note_own(ret_own, record, newest);
        left[i] = left_beside(self, record, by, newest, context, &made);
        if (unlikely(left[i] == CELL_LOCKED))
            return 0;
        kept += left[i] != 0;
    }
    uint64_t answered = ret_own[1] | (newest & CELL_WRITE ? 0 : ret_own[0]);
    if (!(newest & CELL_BYTES & ~answered))
        return first;
    if (unlikely(!kept) || record_list_wastes(cell[1], kept))
        return 0;
    uint64_t link = shorten(cell[1], left, kept, contexts[0]);
    if (unlikely(!link))
        return 0;
    if (link != cell[1])
        __atomic_store_n(&cell[1], link, __ATOMIC_RELAXED);
    contexts[0] = context;
    note_own(ret_own, made, newest);
    return made;
}

uint64_t granule_third(const struct thread *self, uint64_t *cell, uint64_t first,
                       context_t *contexts, uint64_t newest, context_t context, uint64_t ret_own[2])
{
    uint64_t second = cell[1], made = newest;
    if (unlikely(!first) || !second || cell_is_link(second))
        return 0;
    struct record left[2] = {
        {left_beside(self, second, contexts[1], newest, context, &made), contexts[1]},
        {left_beside(self, first, contexts[0], newest, context, &made), contexts[0]},
    };
    for (int i = 0; i < 2; i++)
        if (!left[i].cell || vclock_is_settled(left[i].cell))
            return 0;
    /* What conflicts is another thread's, and CELL_LOCKED is nobody's. */
    uint64_t link = is_alone(made, left, 2) ? record_list_make(left, 2) : 0;
    if (!link)
        return 0;
    __atomic_store_n(&cell[1], link, __ATOMIC_RELAXED);
    contexts[0] = context;
    ret_own[0] = ret_own[1] = 0;
    note_own(ret_own, left[0].cell, newest);
    note_own(ret_own, left[1].cell, newest);
    note_own(ret_own, made, newest);
    return made;
}

/* No record at all: memory that is new, or has been given back. */
static void touch_new(struct access *access, uintptr_t granule, uint64_t mask, uint64_t *cell)
{
    uintptr_t address = access->here.address > granule ? access->here.address : granule;
    const struct block_row *row = race_heap_row(access->self, address);
    context_here(access);
    if (!shadow_touch(granule) || !shadow_lock(cell)) {
        access->lost = true;
        return;
    }
    if (cell_get(&cell[0]) | cell[1]) {
        update_locked(access, granule, mask, cell);
        return;
    }
    /* Under the line's lock, because a free marks its block first and then comes here. */
    bool freed = row && race_heap_is_freed(row, address);
    access->lost |= freed;
    if (likely(!freed)) {
        shadow_contexts(granule)[0] = access->here.context;
        cell_put(&cell[0], access->cell | mask);
    } else if (!access->freed) {
        access->freed = row;
        access->freed_at = address;
    }
    shadow_unlock(cell);
}

void granule_update(struct access *access, uintptr_t granule, uint64_t mask, uint64_t *cell)
{
    uint64_t second = __atomic_load_n(&cell[1], __ATOMIC_RELAXED);
    if (!(cell_get(&cell[0]) | second)) {
        touch_new(access, granule, mask, cell);
        return;
    }
    /* With a link, only the set can say whether the context is needed at all; where that takes a
       walk of the stack it is asked first. */
    if (!cell_is_link(second) || access->origin->context)
        context_here(access);
    if (!shadow_lock(cell)) {
        access->lost = true;
    } else if (!update_locked(access, granule, mask, cell)) {
        context_here(access);
        if (shadow_lock(cell))
            update_locked(access, granule, mask, cell);
        else
            access->lost = true;
    }
}

/* Count granules of a line from granule on, locked: does the thread know of all of their records,
   and all are in their cells? */
static inline bool line_is_known(const struct thread *self, const uint64_t *cell, uintptr_t count)
{
    for (uintptr_t i = 0; i < 2 * count; i++) {
        uint64_t record = cell_get(&cell[i]);
        if (record && (cell_is_link(record) || !vclock_knows(&self->clock, record)))
            return false;
    }
    return true;
}

/* The same granules, whatever they have: what the free conflicts with. */
static void line_conflicts(struct access *access, uintptr_t granule, const uint64_t *cell,
                           uintptr_t count)
{
    for (; count--; granule += GRANULE, cell += 2) {
        uint32_t had = 0;
        struct record near[NEAR];
        struct record *records =
            read_records(access->self, cell, shadow_contexts(granule), near, &had);
        for (uint32_t i = 0; records && i < had; i++)
            remains(access, granule, CELL_BYTES, &records[i]);
    }
}

/* Count granules of one line. */
static void free_in_line(struct access *access, uintptr_t granule, uintptr_t count)
{
    uint64_t *cell = shadow_cells(granule), any = 0, links[LINE / GRANULE];
    for (uintptr_t i = 0; i < 2 * count; i++)
        any |= __atomic_load_n(&cell[i], __ATOMIC_RELAXED);
    if (!any || !shadow_lock(cell))
        return;
    bool known = line_is_known(access->self, cell, count);
    if (unlikely(!known))
        line_conflicts(access, granule, cell, count);
    for (uintptr_t i = 0; i < count; i++) {
        links[i] = cell[2 * i + 1];
        __atomic_store_n(&cell[2 * i + 1], 0, __ATOMIC_RELAXED);
        cell_put(&cell[2 * i], 0);
    }
    shadow_unlock(cell);
    for (uintptr_t i = 0; i < count && !known; i++)
        if (cell_is_link(links[i]))
            record_set_drop(links[i]);
}

void granules_free(uintptr_t start, uintptr_t end, void *with)
{
    uintptr_t at = start & -(uintptr_t)GRANULE;
    while (at < end) {
        uintptr_t next = (at | (LINE - 1)) + 1;
        if (next > end)
            next = (end + GRANULE - 1) & -(uintptr_t)GRANULE;
        free_in_line(with, at, (next - at) / GRANULE);
        at = next;
    }
}

void granule_forget(struct thread *self, uintptr_t granule, uint64_t mask)
{
    uint64_t *cell = shadow_cells(granule);
    uint32_t count = 0, kept = 0;
    if (!cell || !(cell_get(&cell[0]) | cell[1]) || !shadow_lock(cell))
        return;
    context_t *contexts = shadow_contexts(granule);
    struct record near[NEAR];
    struct record *records = read_records(self, cell, contexts, near, &count);
    for (uint32_t i = 0; records && i < count; i++)
        if (records[i].cell & CELL_BYTES & ~mask)
            records[kept++] =
                (struct record){.cell = records[i].cell & ~mask, .context = records[i].context};
    struct record newest = {0};
    if (kept)
        newest = records[--kept];
    put_records(cell, contexts, newest, records, kept);
    shadow_unlock(cell);
}

static void meet_location(struct thread *thread, uintptr_t address)
{
    for (int i = 0; i < 2; i++) {
        uintptr_t none = 0;
        if (__atomic_compare_exchange_n(&thread->met_locations[i], &none, address, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED) ||
            none == address)
            return;
    }
}

stamp_t granule_met(struct thread *self, uintptr_t address, uint64_t mask)
{
    uint64_t *cell = shadow_cells(address);
    uint32_t count = 0;
    stamp_t written = 0;
    if (!cell || !(cell_get(&cell[0]) | cell[1]) || !shadow_lock(cell))
        return 0;
    struct record near[NEAR];
    const struct record *records = read_records(self, cell, shadow_contexts(address), near, &count);
    for (uint32_t i = 0; records && i < count; i++) {
        struct thread *reader = vclock_owner_of(records[i].cell);
        if (records[i].cell & mask && !(records[i].cell & CELL_WRITE) && reader && reader != self)
            meet_location(reader, address);
        /* The newest record comes last. Its own, too: who stored the flag that others still wait
           for may be the first that waits again. */
        if (records[i].cell & mask && records[i].cell & CELL_WRITE)
            written = records[i].cell & STAMP_MASK;
    }
    shadow_unlock(cell);
    return written;
}

OF_ANY_ALIGNMENT void granules_tell(const struct access *access)
{
    VECTOR_STATE_KEPT;
    if (access->freed)
        race_tell_freed(access->self, &access->here, access->freed_at, access->freed,
                        race_heap_freed_by(access->freed));
    for (uint32_t i = 0; i < access->found_count; i++)
        race_tell(access->self, &access->here, access->found[i].granule, &access->found[i].record);
}
