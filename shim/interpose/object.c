#include "interpose/object.h"

#include "base/memory.h"
#include "detect/sync_object_race.h"

/* After a fork nobody but the caller is left, and stacks and thread numbers are of the parent's
   recording. */
static void forget_parent(struct sync *sync)
{
    struct sync_more *more = sync->more;
    sync->owner = sync->owner_stack = sync->init_stack = sync->init_thread = 0;
    more->limit = more->inside = more->woken = more->missed_by = 0;
    more->destroyed_stack = more->destroyed_thread = more->signal_stack = more->partner_stack = 0;
    more->made = more->destroyed = 0;
    mem_clear(more->uses, sizeof more->uses);
}

__attribute__((noinline)) struct sync *object_meet(struct sync *sync)
{
    if (!sync_more(sync))
        return NULL;
    if (sync->world && sync->world != vclock_world)
        forget_parent(sync);
    sync->world = vclock_world;
    return sync;
}

void object_made(struct thread *self, struct sync *sync, uint32_t stack, bool shared)
{
    sync_renew(sync, (enum sync_kind)sync->kind);
    sync->world = vclock_world;
    sync->flags |= SYNC_INITIALISED | (shared ? SYNC_SHARED : 0);
    sync_object_made(self, sync, stack);
}

void object_destroyed(struct thread *self, struct sync *sync, uint32_t stack)
{
    struct sync_more *more = sync->more;
    more->destroyed_stack = stack;
    more->destroyed_thread = self->number;
    more->destroyed = self->clock.now;
    __atomic_fetch_or(&sync->flags, SYNC_DESTROYED, __ATOMIC_RELAXED);
}
