#include "compiled/order.h"

#include "base/memory.h"
#include "base/syscall.h"
#include "compiled/own.h"
#include "compiled/start.h"
#include "detect/race.h"
#include "state/sync.h"

#define LOCKS 1024u
static struct order_lock locks[LOCKS];

/* Fields of struct sync that atomic variables have no other use for. */
#define SIZE_OF(sync) ((sync)->owner) /* bytes of the operations that release into it */
#define RELEASERS_OF(sync)                                                                         \
    ((sync)->owner_stack) /* a bit for each thread (number % 32) that did                          \
                             since the clock was empty: never one too few */

static struct order_lock *lock_of(uintptr_t address)
{
    return &locks[(address >> 4) * 0x9e3779b97f4a7c15ull >> 54 & (LOCKS - 1)];
}

static __attribute__((noinline)) void lock_wait(struct order_lock *lock)
{
    for (uint32_t spins = 0;; spins++) {
        uint32_t version = __atomic_load_n(&lock->version, __ATOMIC_RELAXED);
        if (!(version & 1) &&
            __atomic_compare_exchange_n(&lock->version, &version, version + 1, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
        if (spins % 64 == 63)
            raw_syscall(SYS_sched_yield);
        else
            __builtin_ia32_pause();
    }
}

static inline void take(struct order *order)
{
    struct order_lock *lock = lock_of(order->address);
    uint32_t version = __atomic_load_n(&lock->version, __ATOMIC_RELAXED) & ~1u;
    if (unlikely(!__atomic_compare_exchange_n(&lock->version, &version, version + 1, false,
                                              __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
        lock_wait(lock);
    order->lock = lock;
}

static inline void give(struct order *order)
{
    if (order->lock)
        __atomic_store_n(&order->lock->version, order->lock->version + 1, __ATOMIC_RELEASE);
}

static inline bool acquires(int order)
{
    return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static inline bool releases(int order)
{
    return order >= __ATOMIC_RELEASE;
}

/* The next object from sync on (itself included) that overlaps the operation. */
static inline struct sync *overlapping(struct sync *sync, const struct order *order)
{
    for (; sync; sync = __atomic_load_n(&sync->next, __ATOMIC_ACQUIRE))
        if (sync->kind == SYNC_ATOMIC && sync->address < order->address + order->size &&
            order->address < sync->address + SIZE_OF(sync))
            return sync;
    return NULL;
}

/* The objects that an operation concerns; most often none or one. An object lies in the cell of its
   first byte: one of 16 bytes is also looked for in the cell before the operation's own. */
struct objects {
    uint32_t count;
    struct sync *at[8];
};

static inline void find(struct objects *objects, const struct order *order)
{
    objects->count = 0;
    uintptr_t first = order->address & ~15ul;
    for (uintptr_t cell = first; cell < order->address + order->size; cell += 8)
        for (struct sync *sync = overlapping(sync_around(cell), order);
             unlikely(sync) && objects->count < 8; sync = overlapping(sync->next, order))
            objects->at[objects->count++] = sync;
}

/* Adds the operation's own object. Under the lock. */
static void make_own(struct objects *objects, const struct order *order)
{
    for (uint32_t i = 0; i < objects->count; i++)
        if (objects->at[i]->address == order->address) {
            if (SIZE_OF(objects->at[i]) < order->size)
                SIZE_OF(objects->at[i]) = order->size;
            return;
        }
    struct sync *made = sync_get(order->self, order->address, SYNC_ATOMIC);
    if (!made || objects->count == 8)
        return;
    SIZE_OF(made) = order->size;
    RELEASERS_OF(made) = 0;
    objects->at[objects->count++] = made;
}

static inline bool learns_nothing(const struct order *order, const struct sync *sync)
{
    stamp_t stamp = __atomic_load_n(&sync->clock.stamp, __ATOMIC_RELAXED);
    return stamp && vclock_knows(&order->self->clock, stamp);
}

/* What a value that was read brings to its reader. */
static void acquire(const struct order *order, const struct objects *objects, int memory_order)
{
    for (uint32_t i = 0; i < objects->count; i++) {
        struct sync *sync = objects->at[i];
        if (acquires(memory_order)) {
            vclock_acquire(&order->self->clock, &sync->clock);
        } else if (!vclock_is_clear(&sync->clock) && !learns_nothing(order, sync)) {
            struct own *own = own_of(order->self);
            if (own) {
                vclock_join(&own->pending, &sync->clock);
                own->has_pending = true;
            }
        }
    }
}

static inline uint32_t releaser(const struct order *order)
{
    return 1u << order->self->number % 32;
}

static bool has_fence(const struct thread *self)
{
    const struct own *own = self->compiled;
    return own && own->has_fence && own->number == self->number;
}

/* A store, or a read-modify-write, which keeps what is there. */
static void release(const struct order *order, const struct objects *objects, bool keeps)
{
    struct own *own = order->self->compiled;
    bool full = releases(order->memory_order), fence = !full && has_fence(order->self);
    for (uint32_t i = 0; i < objects->count; i++) {
        struct sync *sync = objects->at[i];
        bool last = i + 1 == objects->count;
        if (full && keeps)
            vclock_release_join(&order->self->clock, &sync->clock);
        else if (full && last)
            vclock_release(&order->self->clock, &sync->clock);
        else if (full)
            vclock_clear(&sync->clock), vclock_release_join(&order->self->clock, &sync->clock);
        else if (!keeps && !(RELEASERS_OF(sync) & releaser(order)))
            vclock_clear(&sync->clock), RELEASERS_OF(sync) = 0;
        if (fence)
            vclock_join(&sync->clock, &own->fence);
        if (full || fence)
            RELEASERS_OF(sync) = (full && !keeps ? 0 : RELEASERS_OF(sync)) | releaser(order);
    }
}

static inline void tell(const struct order *order, unsigned how)
{
    race_access(order->self, order->address, order->size, how | ACCESS_ATOMIC, order->origin);
}

static inline bool begin(struct order *order)
{
    order->lock = NULL;
    order->self = guard_enter();
    return order->self != NULL;
}

static inline bool any_object(const struct order *order)
{
    struct objects objects;
    find(&objects, order);
    return objects.count != 0;
}

bool order_store_begin(struct order *order)
{
    struct objects objects;
    if (!begin(order))
        return false;
    tell(order, ACCESS_WRITE);
    if (order->self->ignore_sync)
        return true;
    bool gives = releases(order->memory_order) || has_fence(order->self);
    if (!gives && !any_object(order))
        return true;
    take(order);
    find(&objects, order);
    if (gives)
        make_own(&objects, order);
    release(order, &objects, false);
    return true;
}

void order_store_end(struct order *order)
{
    give(order);
    guard_leave(order->self);
}

bool order_modify_begin(struct order *order)
{
    if (!begin(order))
        return false;
    if (!order->self->ignore_sync &&
        (order->memory_order != __ATOMIC_RELAXED || has_fence(order->self) || any_object(order)))
        take(order);
    return true;
}

/* The value was read and another stored: under the lock, or relaxed where there was no object. */
static void modified(struct order *order)
{
    struct objects objects;
    find(&objects, order);
    if (!order->lock && objects.count) /* made meanwhile, perhaps by the value that was read */
        take(order);
    acquire(order, &objects, order->memory_order);
    tell(order, ACCESS_WRITE);
    if (releases(order->memory_order) || has_fence(order->self)) {
        make_own(&objects, order);
        release(order, &objects, true);
    }
}

void order_modify_end(struct order *order)
{
    if (likely(!order->self->ignore_sync))
        modified(order);
    else
        tell(order, ACCESS_WRITE);
    give(order);
    guard_leave(order->self);
}

bool order_load_begin(struct order *order)
{
    if (!begin(order))
        return false;
    /* Pairs with give(): what the last holder of the lock stored is seen. */
    order->version = __atomic_load_n(&lock_of(order->address)->version, __ATOMIC_ACQUIRE);
    return true;
}

/* Without the lock: is the value that was read surely of a release that is known already? */
static bool is_known(const struct order *order, const struct objects *objects)
{
    if (order->version & 1)
        return false;
    for (uint32_t i = 0; i < objects->count; i++)
        if (!vclock_is_clear(&objects->at[i]->clock) && !learns_nothing(order, objects->at[i]))
            return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&lock_of(order->address)->version, __ATOMIC_RELAXED) == order->version;
}

bool order_load_end(struct order *order)
{
    struct objects objects;
    if (likely(!order->self->ignore_sync)) {
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        find(&objects, order);
        if (objects.count && !order->lock && !is_known(order, &objects)) {
            take(order);
            return false;
        }
        if (order->lock)
            acquire(order, &objects, order->memory_order);
    }
    tell(order, ACCESS_READ);
    give(order);
    guard_leave(order->self);
    return true;
}

bool order_swap_begin(struct order *order, int failed)
{
    if (!order_modify_begin(order))
        return false;
    if (!order->lock && failed != __ATOMIC_RELAXED && !order->self->ignore_sync)
        take(order);
    return true;
}

void order_swap_end(struct order *order, int failed, bool swapped)
{
    struct objects objects;
    if (swapped) {
        order_modify_end(order);
        return;
    }
    if (likely(!order->self->ignore_sync)) {
        find(&objects, order);
        if (!order->lock && objects.count)
            take(order);
        acquire(order, &objects, failed);
    }
    tell(order, ACCESS_READ);
    give(order);
    guard_leave(order->self);
}

void order_fence(struct thread *self, int memory_order)
{
    struct own *own = own_of(self);
    if (!own || self->ignore_sync)
        return;
    if (acquires(memory_order) && own->has_pending) {
        vclock_acquire(&self->clock, &own->pending);
        vclock_clear(&own->pending);
        own->has_pending = false;
    }
    if (releases(memory_order)) {
        vclock_release(&self->clock, &own->fence);
        own->has_fence = true;
    }
}

void compiled_after_fork(void)
{
    mem_clear(locks, sizeof locks);
}
