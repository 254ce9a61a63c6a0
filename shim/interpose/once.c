/*
 * Once controls: what the initialisation did is ordered before everybody's return from the call.
 * libc takes a function without arguments, so ours stands in for the program's and finds that one
 * by a word of the thread's own; it gives what was done away before libc says that it is done.
 * std::call_once of libstdc++ comes here, too.
 */
#include <threads.h>

#include "detect/deadlock.h"
#include "detect/once_misuse.h"
#include "interpose/blocking.h"
#include "interpose/object.h"
#include "state/edge.h"
#include "state/stack.h"

/* One call of the program. */
struct once_call {
    int *control;
    void (*function)(void);
    const void *frame;
    bool waits;
    struct once_call *outer; /* what the word was before; never followed */
};
static __thread struct once_call *once_call;

/* Bits of a control (glibc, nptl/pthreadP.h). */
#define ONCE_RUNS 1
#define ONCE_DONE 2

static int control_of(const int *control)
{
    return __atomic_load_n(control, __ATOMIC_RELAXED) & (ONCE_RUNS | ONCE_DONE);
}

/* The call that is about to run the program's function waits for nobody. */
static void run_begins(const struct once_call *call)
{
    struct thread *self = thread_current;
    if (call->waits && self)
        wait_end(self, false);
    self = guard_enter();
    if (!self)
        return;
    struct sync *sync = object_at(self, (uintptr_t)call->control, SYNC_ONCE);
    if (sync) {
        sync->owner_stack = stack_here(self, call->frame);
        sync->more->partner = (uintptr_t)call->frame;
        __atomic_store_n(&sync->owner, self->number, __ATOMIC_RELAXED);
    }
    guard_leave(self);
}

static void run_ended(int *control)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = object_at(self, (uintptr_t)control, SYNC_ONCE);
    if (sync) {
        __atomic_store_n(&sync->owner, 0, __ATOMIC_RELAXED);
        edge_release(self, &sync->clock);
    }
    guard_leave(self);
}

/* Left by an exception or cancellation, libc lets the next one try; nothing is given away then. */
static void run(void)
{
    struct once_call *call = once_call;
    int *control = call->control;
    run_begins(call);
    call->waits = false;
    call->function();
    run_ended(control);
}

/* An exception that left the function behind also left the owner there: it is only believed while
   the call that it stands in may still be on the stack. */
static bool is_recursive(const struct thread *self, const struct sync *sync, const void *frame)
{
    return sync->owner == self->number && sync->more->partner > (uintptr_t)frame;
}

/* False when the call shall just be passed on. Leaves the guard entered when true. */
static bool ask(struct thread *self, int *control, const void *frame)
{
    struct sync *sync = object_at(self, (uintptr_t)control, SYNC_ONCE);
    if (!sync)
        return false;
    if (control_of(control) == ONCE_RUNS && is_recursive(self, sync, frame))
        once_misuse_recursive(self, sync, frame);
    return true;
}

/* The initialisation is over, whoever ran it. */
static void passed(const int *control)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind((uintptr_t)control, SYNC_ONCE);
    if (sync)
        edge_acquire(self, &sync->clock);
    guard_leave(self);
}

#define ONCE(control_, function_, call_)                                                           \
    do {                                                                                           \
        struct once_call call = {                                                                  \
            .control = control_, .function = function_, .frame = FRAME, .outer = once_call};       \
        struct thread *self = guard_enter();                                                       \
        if (self) {                                                                                \
            /* Where nobody runs it this call does, and waits for nobody. */                       \
            if (ask(self, control_, FRAME) && control_of(control_) == ONCE_RUNS)                   \
                call.waits =                                                                       \
                    wait_begin(self, WAIT_ONCE, (uintptr_t)(control_), WAIT_FOREVER, FRAME);       \
            if (call.waits)                                                                        \
                deadlock_look(self);                                                               \
            guard_leave(self);                                                                     \
        }                                                                                          \
        once_call = &call;                                                                         \
        call_;                                                                                     \
        once_call = call.outer;                                                                    \
        if (call.waits)                                                                            \
            wait_end(self, true);                                                                  \
    } while (0)

int wrap_pthread_once(pthread_once_t *control, void (*function)(void))
{
    int result = 0;
    if (unlikely(control_of(control) != ONCE_DONE))
        ONCE(control, function, result = real.pthread_once(control, run));
    if (likely(result == 0))
        passed(control);
    return result;
}

int wrap___pthread_once(pthread_once_t *control, void (*function)(void))
{
    int result = 0;
    if (unlikely(control_of(control) != ONCE_DONE))
        ONCE(control, function, result = real.pthread_once(control, run));
    if (likely(result == 0))
        passed(control);
    return result;
}

void wrap_call_once(once_flag *flag, void (*function)(void))
{
    int *control = (int *)(void *)flag;
    if (unlikely(control_of(control) != ONCE_DONE))
        ONCE(control, function, real.call_once(flag, run));
    passed(control);
}
