/*
 * The malloc family. Each wrapper: real call, then one row in the block table with the caller's
 * stack; releases are told before the real call, because from then on the address may be another
 * thread's.
 */
#include "base/memory.h"
#include "detect/handler_misuse.h"
#include "detect/heap_misuse.h"
#include "interpose/block_events.h"
#include "interpose/real.h"
#include "state/stack.h"

/* Not observed: the call passes through; what we knew of the address is stale. */
static inline void *unobserved(void *p)
{
    if (unlikely(observing.memory))
        block_forget((uintptr_t)p);
    return p;
}

static inline void born(struct thread *self, void *p, size_t size, enum block_family family,
                        const void *frame, const char *called)
{
    handler_unsafe_call(self, called, frame);
    if (likely(p))
        block_event_born(self, (uintptr_t)p, size, family, stack_here(self, frame));
    guard_leave(self);
}

/* Entered when heap blocks are watched. */
static inline struct thread *memory_enter(void)
{
    struct thread *self = guard_enter();
    if (likely(self && observing.memory))
        return self;
    if (self)
        guard_leave(self);
    return NULL;
}

/* Before a release by function `called`: tells what is wrong with it (NULL), or that the block
 * dies.
 */
static inline const struct block_row *dying(struct thread *self, void *p, enum block_family family,
                                            const void *frame, const char *called)
{
    handler_unsafe_call(self, called, frame);
    struct block_row *row = block_find((uintptr_t)p);
    bool right = likely(row && block_state_of(row) == BLOCK_LIVE && block_family_of(row) == family);
    if (right)
        block_event_dying(self, row, stack_here(self, frame));
    else
        heap_release_odd(self, row, (uintptr_t)p, family, frame, called);
    return likely(right) ? row : NULL;
}

/* A block of at least nine bytes never shares a 16-byte window with another, whatever the allocator
   below; glibc's blocks are 24 bytes at least, so for it nothing changes. */
static inline size_t ask(size_t size)
{
    return unlikely(size < 9) ? 9 : size;
}

/* real malloc may not be glibc's, and a small request may then say more about its usable size than
   the program asked for: harmless, malloc_usable_size promises only a lower bound. */
#define OBTAIN(call, size)                                                                         \
    do {                                                                                           \
        void *p = call;                                                                            \
        struct thread *self = memory_enter();                                                      \
        if (unlikely(!self))                                                                       \
            return unobserved(p);                                                                  \
        born(self, p, size, FAMILY_MALLOC, FRAME, __func__ + sizeof "wrap_" - 1);                  \
        return p;                                                                                  \
    } while (0)

void *wrap_malloc(size_t size)
{
    OBTAIN(real.malloc(ask(size)), size);
}

void *wrap_calloc(size_t count, size_t size)
{
    size_t bytes;
    bool small = !__builtin_mul_overflow(count, size, &bytes) && bytes < 9;
    OBTAIN(small ? real.calloc(1, 9) : real.calloc(count, size), bytes);
}

void *wrap_aligned_alloc(size_t alignment, size_t size)
{
    OBTAIN(real.aligned_alloc(alignment, size), size);
}

void *wrap_memalign(size_t alignment, size_t size)
{
    OBTAIN(real.memalign(alignment, ask(size)), size);
}

void *wrap_valloc(size_t size)
{
    OBTAIN(real.valloc(size), size);
}

void *wrap_pvalloc(size_t size)
{
    OBTAIN(real.pvalloc(size), size);
}

int wrap_posix_memalign(void **ret, size_t alignment, size_t size)
{
    int result = real.posix_memalign(ret, alignment, ask(size));
    if (result != 0)
        return result;
    struct thread *self = memory_enter();
    if (unlikely(!self))
        unobserved(*ret);
    else
        born(self, *ret, size, FAMILY_MALLOC, FRAME, "posix_memalign");
    return 0;
}

static __attribute__((noinline)) void free_later(struct thread *self, void *p, bool ended)
{
    struct quarantine_released released;
    block_event_waits(p, ended, &released);
    guard_leave(self);
    block_event_release(&released);
}

/* free must not change errno (glibc 2.33 on); nothing here does, and the slow path saves it. */
void wrap_free(void *p)
{
    if (unlikely(!p))
        return;
    struct thread *self = memory_enter();
    if (likely(self)) {
        const struct block_row *ended = dying(self, p, FAMILY_MALLOC, FRAME, "free");
        if (unlikely(quarantine_limit || !ended)) {
            free_later(self, p, ended);
            return;
        }
        p = quarantine_swap(self, p, block_size(ended));
        guard_leave(self);
        if (unlikely(!p))
            return;
    } else if (observing.memory) {
        block_gone((uintptr_t)p);
    }
    real.free(p);
}

void wrap_cfree(void *p)
{
    wrap_free(p);
}

/* The old block is in between two owners while the real call runs: MOVING keeps the scan from
   calling what it points to leaked, and a second free in between is not told. */
static inline void *resize(void *old, size_t size, const void *frame)
{
    struct thread *self = memory_enter();
    if (unlikely(!self)) {
        if (observing.memory)
            block_forget((uintptr_t)old); /* before: another thread may get the address next */
        return unobserved(real.realloc(old, size ? ask(size) : 0));
    }
    handler_unsafe_call(self, "realloc", frame);
    struct block_row *row = old ? block_find((uintptr_t)old) : NULL;
    bool known = row && block_state_of(row) == BLOCK_LIVE;
    if (old && (!known || block_family_of(row) != FAMILY_MALLOC))
        heap_release_odd(self, row, (uintptr_t)old, FAMILY_MALLOC, frame, "realloc");
    uint32_t stack = stack_here(self, frame);
    if (known && size) {
        block_moving(row);
        block_event_ends(self, row, stack); /* what it held is written to, or moves */
    } else if (known) {
        block_event_dying(self, row, stack);
    }
    bool again = unlikely(row && block_state_of(row) == BLOCK_FREED);
    bool waited = again && quarantine_take(old);
    guard_leave(self);
    if (unlikely(waited))
        real.free(old); /* as it was, so that the allocator sees what it would have seen */

    void *p = real.realloc(old, size || !old ? ask(size) : 0);

    self = memory_enter();
    if (unlikely(!self))
        return unobserved(p);
    if (known && size && p != old) {
        if (!p)
            block_stays(row);
        else if (block_address(row) == (uintptr_t)old && block_state_of(row) == BLOCK_MOVING)
            block_dying(row, stack);
    }
    if (p)
        block_event_born(self, (uintptr_t)p, size, FAMILY_MALLOC, stack);
    guard_leave(self);
    return p;
}

void *wrap_realloc(void *old, size_t size)
{
    return resize(old, size, FRAME);
}

void *wrap_reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return real.reallocarray(old, count,
                                 size); /* fails with ENOMEM and leaves the block alone */
    return resize(old, bytes, FRAME);
}

size_t wrap_malloc_usable_size(void *p)
{
    return real.malloc_usable_size(p);
}

/* malloc's own growth of the heap does not come this way: who calls these keeps memory of its own
   there, in which no block starts and which may hold pointers. From then on the scan reads such
   gaps too. */
void *wrap_sbrk(intptr_t increment)
{
    if (increment != 0)
        __atomic_fetch_add(&block_unseen, 1, __ATOMIC_RELAXED);
    return real.sbrk(increment);
}

int wrap_brk(void *end)
{
    __atomic_fetch_add(&block_unseen, 1, __ATOMIC_RELAXED);
    return real.brk(end);
}

/* The double-underscore names are the same functions; who calls them means to go around
   interposition, so they are not watched, only what we knew of the address is forgotten. */
void *wrap___libc_malloc(size_t size)
{
    return unobserved(real.__libc_malloc(size));
}

void *wrap___libc_calloc(size_t count, size_t size)
{
    return unobserved(real.__libc_calloc(count, size));
}

void *wrap___libc_realloc(void *old, size_t size)
{
    return unobserved(real.__libc_realloc(old, size));
}

void *wrap___libc_memalign(size_t alignment, size_t size)
{
    return unobserved(real.__libc_memalign(alignment, size));
}

void *wrap___libc_valloc(size_t size)
{
    return unobserved(real.__libc_valloc(size));
}

void *wrap___libc_pvalloc(size_t size)
{
    return unobserved(real.__libc_pvalloc(size));
}

void wrap___libc_free(void *p)
{
    real.__libc_free(p);
}
