/*
 * Semaphores: what was done before a post is ordered before what follows the wait that it lets
 * through. Which post that was nobody can say, so all of them are: an edge too many, never one too
 * few. A named semaphore is one address for all who open it in this process.
 */
#include <errno.h>
#include <stdarg.h>

#include "detect/deadlock.h"
#include "detect/semaphore_misuse.h"
#include "detect/sync_object_race.h"
#include "interpose/blocking.h"
#include "interpose/object.h"
#include "interpose/resources.h"
#include "state/edge.h"
#include "state/stack.h"

/* A use; guard entered. NULL when memory is short. */
static inline struct sync *used(struct thread *self, const sem_t *semaphore, const void *frame)
{
    struct sync *sync = object_at(self, (uintptr_t)semaphore, SYNC_SEMAPHORE);
    if (unlikely(!sync))
        return NULL;
    if (unlikely(sync->flags & SYNC_DESTROYED))
        semaphore_misuse_destroyed(self, sync, frame);
    sync_object_used(self, sync, frame);
    return sync;
}

/* A wait has let the thread through. */
static void passed(const sem_t *semaphore)
{
    struct thread *self = guard_enter();
    if (unlikely(!self))
        return;
    struct sync *sync = sync_find_kind((uintptr_t)semaphore, SYNC_SEMAPHORE);
    if (likely(sync))
        edge_acquire(self, &sync->clock);
    guard_leave(self);
}

int wrap_sem_post(sem_t *semaphore)
{
    struct thread *self = guard_enter();
    if (likely(self)) {
        struct sync *sync = used(self, semaphore, FRAME);
        if (likely(sync))
            edge_release(self, &sync->clock);
        guard_leave(self);
    }
    int result = real.sem_post(semaphore);
    if (unlikely(result != 0) && errno == EOVERFLOW && (self = guard_enter())) {
        semaphore_misuse_overflow(self, (uintptr_t)semaphore, true, FRAME);
        guard_leave(self);
    }
    return result;
}

#define SEMAPHORE_WAIT(semaphore, noted, deadline, call)                                           \
    do {                                                                                           \
        bool waits = false;                                                                        \
        struct thread *self = guard_enter();                                                       \
        if (likely(self)) {                                                                        \
            uint64_t until_ = deadline;                                                            \
            if (!(noted))                                                                          \
                used(self, semaphore, FRAME);                                                      \
            waits = wait_begin(self, WAIT_SEMAPHORE, (uintptr_t)(semaphore), until_, FRAME);       \
            /* Who was served here before, if without a wait, idles here. */                       \
            if (waits && self->served == ((const uintptr_t *)FRAME)[1])                            \
                wait_is_served(self);                                                              \
            if (until_ == WAIT_FOREVER && waits)                                                   \
                deadlock_look(self);                                                               \
            guard_leave(self);                                                                     \
        }                                                                                          \
        int result = call;                                                                         \
        if (likely(waits))                                                                         \
            wait_end(self, result == 0);                                                           \
        if (result == 0)                                                                           \
            passed(semaphore);                                                                     \
        return result;                                                                             \
    } while (0)

/* One that has a value is taken without a wait being noted; it is a place where a thread may be
   cancelled all the same. */
static bool taken_at_once(sem_t *semaphore, const void *frame)
{
    int error = errno;
    real.pthread_testcancel();
    struct thread *self = guard_enter();
    if (likely(self)) {
        used(self, semaphore, frame);
        guard_leave(self);
    }
    if (likely(real.sem_trywait(semaphore) == 0)) {
        passed(semaphore);
        if (likely(self))
            self->served = ((const uintptr_t *)frame)[1];
        return true;
    }
    errno = error;
    return false;
}

int wrap_sem_wait(sem_t *semaphore)
{
    if (likely(taken_at_once(semaphore, FRAME)))
        return 0;
    SEMAPHORE_WAIT(semaphore, true, WAIT_FOREVER, real.sem_wait(semaphore));
}

int wrap_sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    SEMAPHORE_WAIT(semaphore, false, deadline_at(CLOCK_REALTIME, until),
                   real.sem_timedwait(semaphore, until));
}

int wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    SEMAPHORE_WAIT(semaphore, false, deadline_at(clock, until),
                   real.sem_clockwait(semaphore, clock, until));
}

int wrap_sem_trywait(sem_t *semaphore)
{
    struct thread *self = guard_enter();
    if (likely(self)) {
        used(self, semaphore, FRAME);
        guard_leave(self);
    }
    int result = real.sem_trywait(semaphore);
    if (result == 0)
        passed(semaphore);
    return result;
}

int wrap_sem_getvalue(sem_t *semaphore, int *ret)
{
    struct thread *self = guard_enter();
    if (likely(self)) {
        used(self, semaphore, FRAME);
        guard_leave(self);
    }
    return real.sem_getvalue(semaphore, ret);
}

/* glibc keeps the number of waiters in the upper half of the first word (struct new_sem,
   sysdeps/nptl/internaltypes.h). */
static uint32_t waiting_in(const sem_t *semaphore)
{
    return (
        uint32_t)(__atomic_load_n((const uint64_t *)(const void *)semaphore, __ATOMIC_RELAXED) >>
                  32);
}

/* Before the real call. */
static void ending(sem_t *semaphore, bool initialises, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind((uintptr_t)semaphore, SYNC_SEMAPHORE);
    if (sync)
        sync = object_at(self, (uintptr_t)semaphore, SYNC_SEMAPHORE);
    if (sync && (!initialises || !(sync->flags & SYNC_DESTROYED))) {
        uint32_t stack = stack_here(self, frame);
        if (sync->flags & SYNC_DESTROYED)
            semaphore_misuse_destroyed(self, sync, frame);
        else if (waiting_in(semaphore))
            semaphore_misuse_ending(self, sync, initialises, stack);
        sync_object_ending(self, sync,
                           initialises ? "It was initialised again, unordered with a use."
                                       : "It was destroyed, unordered with a use.",
                           stack);
        if (!initialises)
            object_destroyed(self, sync, stack);
    }
    guard_leave(self);
}

int wrap_sem_init(sem_t *semaphore, int shared, unsigned value)
{
    ending(semaphore, true, FRAME);
    int result = real.sem_init(semaphore, shared, value);
    int error = errno;
    if (result == 0 && !shared) /* a shared one may be another process's to destroy */
        resource_made_in(HANDLE_KIND_SEMAPHORE, semaphore, FRAME);
    struct thread *self = guard_enter();
    if (!self)
        return result;
    struct sync *sync = result == 0 ? object_at(self, (uintptr_t)semaphore, SYNC_SEMAPHORE) : NULL;
    if (sync)
        object_made(self, sync, stack_here(self, FRAME), shared);
    else if (result != 0 && error == EINVAL)
        semaphore_misuse_overflow(self, (uintptr_t)semaphore, false, FRAME);
    guard_leave(self);
    return result;
}

int wrap_sem_destroy(sem_t *semaphore)
{
    ending(semaphore, false, FRAME);
    resource_is_over(HANDLE_KIND_SEMAPHORE, (uintptr_t)semaphore, FRAME);
    return real.sem_destroy(semaphore);
}

/* Opened again, libc gives the same address and counts. */
static void opened(sem_t *semaphore, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = object_at(self, (uintptr_t)semaphore, SYNC_SEMAPHORE);
    if (sync) {
        if (!__atomic_fetch_add(&sync->more->opened, 1, __ATOMIC_RELAXED)) {
            object_made(self, sync, stack_here(self, frame), true);
            sync->more->opened = 1;
        }
    }
    guard_leave(self);
}

sem_t *wrap_sem_open(const char *name, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    unsigned value = flags & O_CREAT ? va_arg(more, unsigned) : 0;
    va_end(more);
    bool is_new = resource_name_is_new(HANDLE_KIND_NAME_SEMAPHORE, name, flags);
    sem_t *semaphore = real.sem_open(name, flags, mode, value);
    if (semaphore != SEM_FAILED) {
        opened(semaphore, FRAME);
        resource_made_again(HANDLE_KIND_NAMED_SEMAPHORE, (uintptr_t)semaphore, name, FRAME);
        if (is_new)
            resource_named(HANDLE_KIND_NAME_SEMAPHORE, name, FRAME);
    }
    return semaphore;
}

/* The last close unmaps it: from then on its address is anybody's. */
int wrap_sem_close(sem_t *semaphore)
{
    struct thread *self = guard_enter();
    if (self) {
        struct sync *sync = sync_find_kind((uintptr_t)semaphore, SYNC_SEMAPHORE);
        if (sync && sync->more && sync->more->opened &&
            !__atomic_sub_fetch(&sync->more->opened, 1, __ATOMIC_RELAXED))
            sync_retire(sync);
        guard_leave(self);
    }
    resource_ends(HANDLE_KIND_NAMED_SEMAPHORE, (uintptr_t)semaphore, "sem_close", FRAME);
    return real.sem_close(semaphore);
}
