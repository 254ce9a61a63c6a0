/*
 * What wrappers of locks have in common, for all kinds: the object, the edges, the locks held, the
 * wait. lock_mutex.c, lock_rwlock.c, lock_spin.c call this; conditions do for the mutex that a wait
 * hands over.
 *
 * A lock that is free is taken by its try function and no wait is noted. What obtains a lock is
 * told after the real call, what gives it up before it.
 *
 * Any thread; the guard is entered here, except where it says "guard entered".
 */
#ifndef HOLDFAST_INTERPOSE_LOCK_H
#define HOLDFAST_INTERPOSE_LOCK_H

#include "detect/deadlock.h"
#include "interpose/real.h"
#include "state/held.h"
#include "state/options.h"
#include "state/stack.h"
#include "state/sync.h"
#include "state/wait.h"

/* One call on a lock. */
struct lock_call {
    uintptr_t address;
    const void *frame;  /* of the wrapper (FRAME) */
    const char *called; /* the function's name */
    uint16_t kind;      /* enum sync_kind */
    uint8_t mode;       /* enum held_mode */
    bool tried;         /* by a try or timed call */
    bool told;          /* that it is wrong */
    struct sync *lock;  /* what lock_trying() found; NULL: look */
    uint32_t stack;     /* 0: not walked yet */
};

/* NAME is the wrapper's without its prefix. */
#define LOCK_CALL(lock, kind_, mode_, tried_)                                                      \
    ((struct lock_call){.address = (uintptr_t)(lock),                                              \
                        .frame = FRAME,                                                            \
                        .called = __func__ + sizeof "wrap_" - 1,                                   \
                        .kind = kind_,                                                             \
                        .mode = mode_,                                                             \
                        .tried = tried_})

/* Before the try of a call that will have the lock in the end: finds what need not be found while
   it is held. Touches nothing of the lock: what faults there does so in libc. */
void lock_trying(struct lock_call *call);

/* The call has taken the lock. */
void lock_taken(const struct lock_call *call);

/* The calling thread is about to give the lock up (call->mode does not matter). */
void lock_giving(struct lock_call *call);

/* The real call returned an error that may say misuse (errno number). */
void lock_failed(const struct lock_call *call, int error);

/* Before and after the real call that initialises or destroys the lock. more: enum sync_flag that
   the lock's memory does not say. */
void lock_initialising(struct lock_call *call);
void lock_initialised(const struct lock_call *call, int error, uint16_t more);
void lock_destroying(struct lock_call *call);
void lock_destroyed(const struct lock_call *call, int error);

/* Memory [start, end) is about to be given up by a call with this stack; ask sync_may_lie_in first.
   Guard entered. */
void lock_memory_gone(struct thread *self, uintptr_t start, uintptr_t end, uint32_t stack);

/* A wait for a lock, on the wrapper's stack. */
struct lock_wait {
    struct thread *self; /* NULL: not observed */
    struct sync *lock;
    uint32_t id;
    uint64_t since;
    bool timed;
    bool published;
};

/* The try said "busy". Leaves with the guard entered when wait->self is set. */
void lock_wait_prepare(struct lock_wait *wait, const struct lock_call *call, uint64_t deadline);
void lock_wait_end(struct lock_wait *wait, bool got);

/* The body of the wait: evaluates to the result of real_call. The registers are saved here, so this
   must stand in the wrapper itself. */
#define LOCK_WAIT(call, wait_kind, deadline, real_call, got)                                       \
    ({                                                                                             \
        struct lock_wait wait_;                                                                    \
        uint64_t until_ = deadline;                                                                \
        lock_wait_prepare(&wait_, call, until_);                                                   \
        if (likely(wait_.self)) {                                                                  \
            wait_.published =                                                                      \
                wait_begin(wait_.self, wait_kind, (call)->address, until_, (call)->frame);         \
            if (wait_.published && until_ == WAIT_FOREVER)                                         \
                deadlock_look(wait_.self);                                                         \
            wait_.self->stack_frame = NULL;                                                        \
            guard_leave(wait_.self);                                                               \
        }                                                                                          \
        __typeof__(real_call) result = real_call;                                                  \
        lock_wait_end(&wait_, got);                                                                \
        result;                                                                                    \
    })

/*
 * Conditions. Before the real wait, guard entered: the mutex is given up as by one unlock, and
 * nothing is judged. After it, also when it timed out (the mutex is taken all the same), guard
 * entered: taken again. A wait that is left by cancellation comes back with the mutex taken and our
 * code skipped: the unlock of the program's cleanup handler finds that by itself.
 */
struct lock_handed {
    struct sync *mutex; /* NULL: not observed */
    uint32_t id, stack; /* of the mutex; where it was taken first, 0 when it was not held */
    bool held;          /* by the calling thread, as far as we know */
};
void lock_given_up(struct thread *self, pthread_mutex_t *mutex, const void *frame,
                   struct lock_handed *ret_handed);
void lock_taken_again(struct thread *self, const struct lock_handed *handed, const void *frame);

/* Locks are followed for their own sake, and for the order that they give to accesses. */
static inline bool locks_watched(void)
{
    return observing.locks || observing.races;
}

static inline uint32_t lock_stack(struct thread *self, const void *frame)
{
    return likely(options.number[OPTION_LOCK_STACKS]) ? stack_here(self, frame) : 0;
}

/* What makes an object worth a closer look before it is used. */
#define LOCK_ODD (SYNC_ON_STACK | SYNC_DESTROYED | SYNC_NEW)
void lock_stack_left(struct thread *self, const void *frame);
struct sync *lock_look(const struct lock_call *call, struct thread *self, struct sync *sync);

/* The object for a call; guard entered. NULL when memory is short. */
static inline struct sync *lock_object(const struct lock_call *call, struct thread *self)
{
    if (unlikely((uintptr_t)call->frame > self->sync_low))
        lock_stack_left(self, call->frame);
    struct sync *sync = sync_get(self, call->address, (enum sync_kind)call->kind);
    if (likely(sync) && unlikely(sync->world != vclock_world || sync->flags & LOCK_ODD))
        sync = lock_look(call, self, sync);
    return sync;
}

#endif
