#include "rewrite/location.h"

#include "rewrite/filter.h"
#include "state/maybe_order.h"
#include "state/shadow.h"
#include "state/slots.h"

/* Fields of struct sync that atomic variables have no other use for; the first two are those of
   compiled/order.c. */
#define SIZE_OF(sync)      ((sync)->owner)       /* bytes of the operations on it */
#define RELEASERS_OF(sync) ((sync)->owner_stack) /* a bit for each thread (number % 32) */
#define LEARNT(sync)       ((sync)->taken)       /* somebody learnt of its newest release */

static inline struct sync *overlapping(struct sync *sync, uintptr_t address, size_t size)
{
    for (; sync; sync = __atomic_load_n(&sync->next, __ATOMIC_ACQUIRE))
        if (sync->kind == SYNC_ATOMIC && sync->address < address + size &&
            address < sync->address + SIZE_OF(sync))
            return sync;
    return NULL;
}

/* Objects begin at a multiple of their size, at most 16 bytes: in the granules of the access, or in
   the one before. */
#define EACH_OBJECT(sync, address, size)                                                           \
    for (uintptr_t at_ = (address) & ~(uintptr_t)15; at_ < (address) + (size); at_ += GRANULE)     \
        for (struct sync *sync = overlapping(sync_around(at_), address, size); sync;               \
             sync = overlapping(__atomic_load_n(&sync->next, __ATOMIC_ACQUIRE), address, size))

bool location_keeps_tags = true;

bool location_is(uintptr_t address, size_t size)
{
    uintptr_t end = address + size;
    for (uintptr_t at = address & -(uintptr_t)GRANULE; at < end; at += GRANULE) {
        if (!shadow_cells(at))
            continue;
        unsigned bits = shadow_locations(at);
        if (at + 4 <= address)
            bits &= 2u;
        if (at + 4 >= end)
            bits &= 1u;
        if (bits)
            return true;
    }
    return false;
}

void location_all_told(uintptr_t address, size_t size)
{
    for (uintptr_t at = address & ~(uintptr_t)3; at < address + size; at += 4)
        for (uint32_t i = 0; filter_has(at) && i < FILTERS; i++)
            __atomic_store_n(filter_cell(&filters[i], at), 0, __ATOMIC_RELAXED);
}

static void note_stores(struct thread *self, uintptr_t address, size_t size, struct sync *sync,
                        bool loaded)
{
    stamp_t written = race_location_new(self, address, size);
    if (!written || !loaded)
        return;
    vclock_release_for(written, &sync->clock);
    struct thread *writer = vclock_owner_of(written);
    if (writer && __atomic_load_n(&writer->clock.now, __ATOMIC_RELAXED) == written)
        __atomic_store_n(&writer->lent_epoch, written, __ATOMIC_RELEASE);
}

/* loaded: by a mov that is known for an atomic operation, which may see what was stored before. Who
   locks what another thread has only initialised learns nothing from that. */
static __attribute__((noinline)) struct sync *make(struct thread *self, uintptr_t address,
                                                   size_t size, bool loaded)
{
    struct sync *sync = sync_get(self, address, SYNC_ATOMIC);
    if (!sync)
        return NULL;
    if (SIZE_OF(sync) < size)
        SIZE_OF(sync) = (uint32_t)size;
    if (location_is(address, size))
        return sync;
    /* Before the bit: who sees that takes what was released, and nothing else of what came before.
     */
    if (loaded)
        note_stores(self, address, size, sync, true);
    for (uintptr_t at = address; at < address + size;) {
        uintptr_t next = (at | (GRANULE - 1)) + 1;
        size_t part = (next < address + size ? next : address + size) - at;
        if (shadow_make(at))
            shadow_location_set(at, part);
        at = next;
    }
    note_stores(self, address, size, sync, loaded);
    location_all_told(address, size);
    return sync;
}

static inline struct sync *object_of(struct thread *self, uintptr_t address, size_t size,
                                     bool loaded)
{
    struct sync *sync = sync_find_kind(address, SYNC_ATOMIC);
    if (likely(sync && SIZE_OF(sync) >= size) && likely(shadow_cells(address)) &&
        likely(shadow_locations(address)))
        return sync;
    return make(self, address, size, loaded);
}

void location_make(struct thread *self, uintptr_t address, size_t size, bool loaded)
{
    object_of(self, address, size, loaded);
}

static inline void note_releaser(struct thread *self, struct sync *sync)
{
    uint32_t bit = 1u << self->number % 32;
    if (!(RELEASERS_OF(sync) & bit))
        __atomic_fetch_or(&RELEASERS_OF(sync), bit, __ATOMIC_RELAXED);
}

static inline bool learns_nothing(const struct thread *self, const struct sync *sync)
{
    stamp_t stamp = __atomic_load_n(&sync->clock.stamp, __ATOMIC_RELAXED);
    if (!stamp)
        return !__atomic_load_n(&sync->clock.known, __ATOMIC_RELAXED);
    return sync->clock.world == vclock_world && vclock_knows(&self->clock, stamp);
}

static inline void acquire(struct thread *self, struct sync *sync)
{
    if (likely(learns_nothing(self, sync)))
        return;
    __atomic_store_n(&LEARNT(sync), 1, __ATOMIC_RELAXED);
    vclock_acquire(&self->clock, &sync->clock);
}

void location_modify(struct thread *self, uintptr_t address, size_t size,
                     const struct origin *origin)
{
    struct sync *sync = self->ignore_sync ? NULL : object_of(self, address, size, false);
    if (unlikely(!sync)) {
        race_access(self, address, size, ACCESS_WRITE | ACCESS_ATOMIC | ACCESS_LOCKED, origin);
        return;
    }
    bool last = stamp_slot(sync->clock.stamp) == stamp_slot(self->clock.now);
    acquire(self, sync);
    /* Before the release: who acquires it may use the memory as he likes. */
    race_access(self, address, size, ACCESS_WRITE | ACCESS_ATOMIC | ACCESS_LOCKED, origin);
    bool keeps = last && location_keeps_tags && !__atomic_load_n(&LEARNT(sync), __ATOMIC_RELAXED);
    if (LEARNT(sync))
        __atomic_store_n(&LEARNT(sync), 0, __ATOMIC_RELAXED);
    note_releaser(self, sync);
    vclock_modify(&self->clock, &sync->clock, keeps);
}

__attribute__((noinline)) void location_met(struct thread *self)
{
    for (int i = 0; i < 2; i++) {
        uintptr_t address = __atomic_exchange_n(&self->met_locations[i], 0, __ATOMIC_ACQUIRE);
        if (address)
            location_acquire(self, address, 1);
    }
    stamp_t lent = __atomic_exchange_n(&self->lent_epoch, 0, __ATOMIC_ACQUIRE);
    if (lent && stamp_slot(lent) == stamp_slot(self->clock.now))
        maybe_order_lent(self, lent);
}

void location_release(struct thread *self, uintptr_t address, size_t size)
{
    if (self->ignore_sync)
        return;
    EACH_OBJECT(sync, address, size)
    {
        note_releaser(self, sync);
        vclock_release_join(&self->clock, &sync->clock);
    }
}

void location_acquire(struct thread *self, uintptr_t address, size_t size)
{
    if (self->ignore_sync)
        return;
    EACH_OBJECT(sync, address, size)
    acquire(self, sync);
}
