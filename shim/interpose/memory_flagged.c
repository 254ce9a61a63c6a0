/*
 * The malloc family of jemalloc whose calls take flags: mallocx and what goes with it. Its blocks
 * and malloc's are the same ones: who saw only half of the calls would take a block of mallocx for
 * the freed one of malloc that lay there before.
 *
 * That these names exist may be how a program finds out whether jemalloc is there. So where it is
 * not they do what they promise by means of libc.
 */
#include "base/memory.h"
#include "detect/handler_misuse.h"
#include "detect/heap_misuse.h"
#include "interpose/block_events.h"
#include "interpose/real.h"
#include "state/stack.h"

enum { LOG_ALIGNMENT = 63, ZERO = 64 }; /* in flags; the rest chooses caches and arenas */

/* Blocks of 8 bytes would share a window (see state/block.h). Who frees by size must ask alike. */
static size_t ask(size_t size)
{
    return unlikely(size < 9) ? 9 : size;
}

static size_t alignment_of(int flags)
{
    return (size_t)1 << (flags & LOG_ALIGNMENT);
}

static struct thread *memory_enter(void)
{
    struct thread *self = guard_enter();
    if (likely(self && observing.memory))
        return self;
    if (self)
        guard_leave(self);
    return NULL;
}

/* ---- by means of libc ---- */

static void *plain_mallocx(size_t size, int flags)
{
    bool aligned = alignment_of(flags) > 16;
    void *p = aligned ? real.memalign(alignment_of(flags), size) : real.malloc(size);
    if (p && flags & ZERO)
        __builtin_memset(p, 0, size);
    return p;
}

static void *plain_rallocx(void *old, size_t size, int flags)
{
    size_t held = real.malloc_usable_size(old);
    if (alignment_of(flags) <= 16 && !(flags & ZERO))
        return real.realloc(old, size);
    void *p = plain_mallocx(size, flags);
    if (p) {
        __builtin_memcpy(p, old, held < size ? held : size);
        real.free(old);
    }
    return p;
}

/* ---- the calls ---- */

void *wrap_mallocx(size_t size, int flags)
{
    void *p = real_is_there((void *)real.mallocx) ? real.mallocx(ask(size), flags)
                                                  : plain_mallocx(ask(size), flags);
    struct thread *self = memory_enter();
    if (unlikely(!self)) {
        if (observing.memory)
            block_forget((uintptr_t)p);
        return p;
    }
    handler_unsafe_call(self, "mallocx", FRAME);
    if (likely(p))
        block_event_born(self, (uintptr_t)p, size, FAMILY_MALLOC, stack_here(self, FRAME));
    guard_leave(self);
    return p;
}

/* Tells what is wrong with a call for a block that is not live, or returns its row. */
static struct block_row *live_block(struct thread *self, void *p, const void *frame,
                                    const char *called)
{
    handler_unsafe_call(self, called, frame);
    struct block_row *row = block_find((uintptr_t)p);
    bool live = row && block_state_of(row) == BLOCK_LIVE;
    if (unlikely(!live || block_family_of(row) != FAMILY_MALLOC))
        heap_release_odd(self, row, (uintptr_t)p, FAMILY_MALLOC, frame, called);
    return live ? row : NULL;
}

static void dies(void *p, const void *frame, const char *called)
{
    struct thread *self = memory_enter();
    if (unlikely(!self)) {
        if (observing.memory)
            block_gone((uintptr_t)p);
        return;
    }
    struct block_row *row = live_block(self, p, frame, called);
    if (likely(row && block_family_of(row) == FAMILY_MALLOC))
        block_event_dying(self, row, stack_here(self, frame));
    guard_leave(self);
}

void wrap_dallocx(void *p, int flags)
{
    if (!real_is_there((void *)real.dallocx)) {
        wrap_free(p);
        return;
    }
    dies(p, FRAME, "dallocx");
    real.dallocx(p, flags);
}

void wrap_sdallocx(void *p, size_t size, int flags)
{
    if (!real_is_there((void *)real.sdallocx)) {
        wrap_free(p);
        return;
    }
    dies(p, FRAME, "sdallocx");
    real.sdallocx(p, ask(size), flags);
}

/* As realloc: between its two owners the block is MOVING. */
void *wrap_rallocx(void *old, size_t size, int flags)
{
    struct thread *self = memory_enter();
    struct block_row *row = self ? live_block(self, old, FRAME, "rallocx") : NULL;
    uint32_t stack = self ? stack_here(self, FRAME) : 0;
    if (row) {
        block_moving(row);
        block_event_ends(self, row, stack);
    }
    if (self)
        guard_leave(self);
    else if (observing.memory)
        block_forget((uintptr_t)old);

    void *p = real_is_there((void *)real.rallocx) ? real.rallocx(old, ask(size), flags)
                                                  : plain_rallocx(old, ask(size), flags);

    self = memory_enter();
    if (unlikely(!self)) {
        if (observing.memory)
            block_forget((uintptr_t)p);
        return p;
    }
    if (row && p != old) {
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

/* Resizes in place, to size and up to extra more, or not at all. Returns what the block has now. */
size_t wrap_xallocx(void *p, size_t size, size_t extra, int flags)
{
    size_t held = real_is_there((void *)real.xallocx) ? real.xallocx(p, ask(size), extra, flags)
                                                      : real.malloc_usable_size(p);
    struct thread *self = memory_enter();
    if (unlikely(!self))
        return held;
    struct block_row *row = live_block(self, p, FRAME, "xallocx");
    if (row && held >= size && size != block_size(row)) {
        uint32_t stack = stack_here(self, FRAME);
        block_event_ends(self, row, stack);
        block_event_born(self, (uintptr_t)p, held, FAMILY_MALLOC, stack);
    }
    guard_leave(self);
    return held;
}
