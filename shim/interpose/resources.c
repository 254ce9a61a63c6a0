#include "interpose/resources.h"

#include "base/memory.h"
#include "base/text.h"
#include "detect/handle_misuse.h"
#include "detect/lasting_name.h"
#include "interpose/handles.h"
#include "state/resource.h"
#include "state/stack.h"

void resource_made(enum handle_kind kind, uint64_t value, const char *name, const void *frame)
{
    struct thread *self =
        value || kind == HANDLE_KIND_TIMER || kind == HANDLE_KIND_KEY ? handles_enter() : NULL;
    if (!self)
        return;
    resource_opened(
        self, value, 0,
        &(struct handle_birth){.kind = kind, .stack = stack_here(self, frame), .name = name});
    guard_leave(self);
}

void resource_has(enum handle_kind kind, uint64_t value, uint64_t block, uint64_t other)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    struct handle_row *row = resource_find(kind, value);
    if (row) {
        row->blocks[0] = block;
        row->blocks[1] = other;
    }
    guard_leave(self);
}

void resource_made_again(enum handle_kind kind, uint64_t value, const char *name, const void *frame)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    struct handle_row *row = resource_find(kind, value);
    if (row && handle_state_of(row) == HANDLE_OPEN)
        __atomic_fetch_add(&row->extra, 1, __ATOMIC_RELAXED);
    else
        resource_opened(
            self, value, 1,
            &(struct handle_birth){.kind = kind, .stack = stack_here(self, frame), .name = name});
    guard_leave(self);
}

void resource_made_in(enum handle_kind kind, const void *where, const void *frame)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    resource_replaced(self, (uintptr_t)where,
                      &(struct handle_birth){.kind = kind, .stack = stack_here(self, frame)});
    guard_leave(self);
}

/* Of what libc counts, all but the last leave it open. */
static bool is_last(struct handle_row *row)
{
    uint64_t count = __atomic_load_n(&row->extra, __ATOMIC_RELAXED);
    if ((row->kind != HANDLE_KIND_NAMED_SEMAPHORE && row->kind != HANDLE_KIND_MODULE) || count <= 1)
        return true;
    __atomic_fetch_sub(&row->extra, 1, __ATOMIC_RELAXED);
    return false;
}

/* called: NULL, it is known to be open. */
static void ends(struct thread *self, struct handle_row *row, const char *called, const void *frame)
{
    bool certain;
    uint32_t stack = stack_here(self, frame);
    if (called && resource_is_gone(row, &certain))
        handle_released_again(self, row, certain, stack, called);
    else if (handle_state_of(row) == HANDLE_OPEN && is_last(row))
        resource_closing(self, row, HANDLE_CLOSED, stack);
}

void resource_ends(enum handle_kind kind, uint64_t value, const char *called, const void *frame)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    struct handle_row *row = resource_find(kind, value);
    if (row)
        ends(self, row, called, frame);
    guard_leave(self);
}

void resource_is_over(enum handle_kind kind, uint64_t value, const void *frame)
{
    struct thread *self = value ? handles_enter() : NULL;
    if (!self)
        return;
    struct handle_row *row = resource_find(kind, value);
    if (row)
        resource_closing(self, row, HANDLE_CLOSED, stack_here(self, frame));
    guard_leave(self);
}

void resource_moved(enum handle_kind kind, uint64_t value, uint64_t to)
{
    struct thread *self = value && value != to ? handles_enter() : NULL;
    if (!self)
        return;
    struct handle_row *row = resource_find(kind, value);
    if (row)
        resource_renamed(row, to);
    guard_leave(self);
}

void resource_unknown(enum handle_kind kind, uint64_t value)
{
    struct thread *self = handles_enter();
    if (!self)
        return;
    resource_forget(kind, value);
    guard_leave(self);
}

/* ---- names. They are never taken back here, so only so many are kept. */

#define NAMES_MOST 1024u
static uint32_t names;

static void named(enum handle_kind kind, uint64_t value, const char *name, const void *frame)
{
    if (__atomic_load_n(&names, __ATOMIC_RELAXED) < NAMES_MOST) {
        __atomic_fetch_add(&names, 1, __ATOMIC_RELAXED);
        resource_made(kind, value, name, frame);
    }
}

bool resource_name_is_new(enum handle_kind kind, const char *name, int flags)
{
    return observing.handles && flags & O_CREAT &&
           (flags & O_EXCL || !lasting_name_is_there(kind, name, 0));
}

void resource_named(enum handle_kind kind, const char *name, const void *frame)
{
    uint64_t hash = 14695981039346656037ull;
    for (const char *at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211ull;
    named(kind, hash, name, frame);
}

void resource_keyed(enum handle_kind kind, int id, const void *frame)
{
    char name[32];
    struct text text = text_in(name, sizeof name);
    text_add(&text, "with id ");
    text_add_number(&text, (uint64_t)id);
    /* 0 is an id, and no value. */
    named(kind, (uint64_t)id | 1ull << 32, name, frame);
}
