#include "interpose/annotation.h"

#include "base/memory.h"
#include "detect/race.h"
#include "state/edge.h"
#include "state/stack.h"

void annotation_release(const volatile void *address)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_get(self, (uintptr_t)address, SYNC_ANNOTATION);
    if (sync)
        edge_release(self, &sync->clock);
    guard_leave(self);
}

void annotation_acquire(const volatile void *address)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind((uintptr_t)address, SYNC_ANNOTATION);
    if (sync)
        edge_acquire(self, &sync->clock);
    guard_leave(self);
}

void annotation_lock_made(const volatile void *lock, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_get(self, (uintptr_t)lock, SYNC_ANNOTATED_LOCK);
    if (sync) {
        sync_renew(sync, SYNC_ANNOTATED_LOCK);
        sync->world = vclock_world;
        sync->flags |= SYNC_INITIALISED;
        sync->init_stack = stack_here(self, frame);
        sync->init_thread = self->number;
    }
    guard_leave(self);
}

void annotation_lock_gone(const volatile void *lock)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind((uintptr_t)lock, SYNC_ANNOTATED_LOCK);
    if (sync)
        sync_retire(sync);
    guard_leave(self);
}

static struct lock_call call_of(const volatile void *lock, bool reads, bool tried,
                                const void *frame)
{
    return (struct lock_call){.address = (uintptr_t)lock,
                              .frame = frame,
                              .called = "annotation",
                              .kind = SYNC_ANNOTATED_LOCK,
                              .mode = reads ? HELD_READ : HELD_WRITE,
                              .tried = tried};
}

void annotation_lock_taken(const volatile void *lock, bool reads, bool tried, uint32_t times,
                           const void *frame)
{
    struct lock_call call = call_of(lock, reads, tried, frame);
    for (; times; times--)
        lock_taken(&call);
}

static uint32_t depth_of(const volatile void *lock)
{
    struct thread *self = guard_enter();
    if (!self)
        return 1;
    struct sync *sync = sync_find_kind((uintptr_t)lock, SYNC_ANNOTATED_LOCK);
    struct held *row = sync ? held_find(self, sync) : NULL;
    uint32_t depth = row ? row->depth : 1;
    guard_leave(self);
    return depth;
}

uint32_t annotation_lock_giving(const volatile void *lock, bool all, const void *frame)
{
    struct lock_call call = call_of(lock, false, false, frame);
    uint32_t times = all ? depth_of(lock) : 1;
    for (uint32_t i = 0; i < times; i++)
        lock_giving(&call);
    return times;
}

/* An end without a begin counts nothing. */
static void count(uint32_t *counter, int by)
{
    if (by > 0 || *counter)
        *counter += (uint32_t)by;
}

void annotation_ignore(unsigned what, int by)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (what & IGNORE_READS)
        count(&self->ignore_reads, by);
    if (what & IGNORE_WRITES)
        count(&self->ignore_writes, by);
    if (what & IGNORE_SYNC)
        count(&self->ignore_sync, by);
    guard_leave(self);
}

void annotation_benign(const volatile void *address, size_t size)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    race_benign(self, (uintptr_t)address, size);
    guard_leave(self);
}

void annotation_new_memory(const volatile void *address, size_t size)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    race_memory_new(self, (uintptr_t)address, (uintptr_t)address + size);
    guard_leave(self);
}

void annotation_thread_name(const char *name)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    size_t length = text_length(name), room = sizeof self->row->name - 1;
    if (length > room)
        length = room;
    mem_copy(self->row->name, name, length);
    self->row->name[length] = '\0';
    guard_leave(self);
}
