/*
 * Semaphores: what was done before a post is ordered before what follows the wait that it lets
 * through. Which post that was nobody can say, so all of them are: an edge too many, never one too
 * few. A named semaphore is one address for all who open it in this process.
 */
#include "interpose/blocking.h"
#include "state/edge.h"
#include "state/stack.h"

static struct sync *semaphore_of(struct thread *self, const sem_t *semaphore)
{
    return sync_get(self, (uintptr_t)semaphore, SYNC_SEMAPHORE);
}

/* A wait has let the thread through. */
static void passed(const sem_t *semaphore)
{
    struct thread *self = guard_enter();
    if (unlikely(!self))
        return;
    struct sync *sync = sync_find_kind((uintptr_t)semaphore, SYNC_SEMAPHORE);
    if (sync)
        edge_acquire(self, &sync->clock);
    guard_leave(self);
}

int wrap_sem_post(sem_t *semaphore)
{
    struct thread *self = guard_enter();
    if (likely(self)) {
        struct sync *sync = semaphore_of(self, semaphore);
        if (likely(sync))
            edge_release(self, &sync->clock);
        guard_leave(self);
    }
    return real.sem_post(semaphore);
}

#define WAITED(semaphore, deadline, call)                                                          \
    do {                                                                                           \
        struct thread *waiter =                                                                    \
            blocking_begin(WAIT_SEMAPHORE, (uintptr_t)(semaphore), deadline, FRAME);               \
        int result = call;                                                                         \
        if (likely(waiter))                                                                        \
            wait_end(waiter, result == 0);                                                         \
        if (result == 0)                                                                           \
            passed(semaphore);                                                                     \
        return result;                                                                             \
    } while (0)

int wrap_sem_wait(sem_t *semaphore)
{
    WAITED(semaphore, WAIT_FOREVER, real.sem_wait(semaphore));
}

int wrap_sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    WAITED(semaphore, deadline_at(CLOCK_REALTIME, until), real.sem_timedwait(semaphore, until));
}

int wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    WAITED(semaphore, deadline_at(clock, until), real.sem_clockwait(semaphore, clock, until));
}

int wrap_sem_trywait(sem_t *semaphore)
{
    int result = real.sem_trywait(semaphore);
    if (result == 0)
        passed(semaphore);
    return result;
}
