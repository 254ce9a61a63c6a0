/*
 * Threads: creation (with the trampoline that every new thread starts in), join, detach, exit.
 *
 * C11's functions call glibc's own pthread_create inside, past us, so they have wrappers of their
 * own; C++ and Rust come through pthread_create.
 */
#include <errno.h>
#include <limits.h>

#include "base/recording.h"
#include "detect/deadlock.h"
#include "detect/lock_held.h"
#include "detect/race.h"
#include "detect/thread_misuse.h"
#include "format/tables.h"
#include "interpose/real.h"
#include "interpose/registration.h"
#include "interpose/thread.h"
#include "state/clock.h"
#include "state/edge.h"
#include "state/stack.h"
#include "state/sync.h"
#include "state/wait.h"

/* The last that a thread does is to run destructors of thread-specific data, as often as they set
   some again. Ours does until the last round (and comes first there, so what others set again four
   times over runs unseen after it). */
static pthread_key_t last_step;
static bool last_step_made;

static void last_step_reached(void *round)
{
    if ((uintptr_t)round < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(last_step, (char *)round + 1);
        return;
    }
    struct thread *self = guard_enter();
    if (!self)
        return;
    lock_held_thread_ends(self);
    deadlock_thread_ends(self);
    guard_leave(self);
}

static void last_step_expect(void)
{
    if (last_step_made)
        pthread_setspecific(last_step, (void *)1);
}

void threads_start_up(void)
{
    last_step_made = real.pthread_key_create(&last_step, last_step_reached) == 0;
}

static void ended(void *argument)
{
    struct thread *self = argument;
    /* Without pthread_exit, only a cancellation ends a thread by unwinding it. */
    if (!self->exiting) {
        __atomic_fetch_or(&self->row->flags, THREAD_CANCELED, __ATOMIC_RELAXED);
        if (guard_enter()) {
            edge_cancelled(self);
            guard_leave(self);
        }
    }
    thread_finish(self);
}

/* The stack ends above the thread's own descriptor, which glibc places at its top whoever allocated
   it (allocate_stack in nptl/allocatestack.c), less than a page below it. */
static void begin(struct thread *self)
{
    uintptr_t descriptor = (uintptr_t)pthread_self();
    self->stack_high = (descriptor | 4095) + 1;
    self->stack_low = self->stack_high - self->stack_size;
    /* A signal may have come before us; its handler then met a thread that nobody knew. */
    struct thread *adopted = thread_current;
    thread_begin(self);
    if (adopted)
        thread_replaces(self, adopted);
    last_step_expect();
    /* Another thread may have had this stack, and what lies above it. */
    if (guard_enter()) {
        if (race_watched())
            race_stack_new(self, self->stack_low, self->stack_high);
        sync_memory_gone(self->stack_low, self->stack_high, NULL, NULL);
        guard_leave(self);
    }
}

/* The frames of ours at the base of a thread's stack. The cleanup handler runs when the stack is
   unwound by pthread_exit or cancellation, after those of the program; unlike a handler of the
   language's it does not touch exceptions, so one that nobody catches ends the program as it would
   without us. */
static void *thread_start(void *argument)
{
    struct thread *self = argument;
    void *result;
    begin(self);
    pthread_cleanup_push(ended, self);
    result = ((void *(*)(void *))self->routine)(self->argument);
    pthread_cleanup_pop(0);
    thread_finish(self);
    return result;
}

static int thread_start_c11(void *argument)
{
    struct thread *self = argument;
    int result;
    begin(self);
    pthread_cleanup_push(ended, self);
    result = ((thrd_start_t)self->routine)(self->argument);
    pthread_cleanup_pop(0);
    thread_finish(self);
    return result;
}

static size_t stack_size_of(const pthread_attr_t *attr)
{
    pthread_attr_t defaults;
    size_t size = 0;
    if (!attr) {
        real.pthread_attr_init(&defaults);
        attr = &defaults;
    }
    /* Of attributes whose size is not set this gives what a thread would get. */
    pthread_attr_getstacksize(attr, &size);
    if (attr == &defaults)
        real.pthread_attr_destroy(&defaults);
    return size;
}

/* A thread in the making: told to us before its first step, so that this finds its creator. NULL
   when nothing is observed. Leaves the guard. */
static struct thread *creation(void *routine, void *argument, const pthread_attr_t *attr,
                               uint32_t flags, const void *frame)
{
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attr)
        pthread_attr_getdetachstate(attr, &detached);
    if (detached == PTHREAD_CREATE_DETACHED)
        flags |= THREAD_DETACHED;
    struct thread *self = guard_enter();
    if (!self)
        return NULL;
    stack_safe_point();
    race_threads_begin();
    uint32_t stack = stack_here(self, frame);
    struct thread *made = thread_create(self, stack, flags);
    if (made) {
        made->routine = routine;
        made->argument = argument;
        made->row->start_routine = (uintptr_t)routine;
        made->stack_size = stack_size_of(attr);
        thread_misuse_creating(1);
        thread_event(self, EVENT_THREAD_CREATE, 0, stack, made->number);
    }
    guard_leave(self);
    return made;
}

/* The real call is back. row, number: what made had; the struct may be another's by now. */
static void created(struct thread *made, struct thread_row *row, uint32_t number, bool success,
                    const pthread_t *id)
{
    if (success) {
        /* Before its first step nobody can have changed what the call stored. After it, the thread
           names itself, and may have been stopped in the midst of that. */
        uintptr_t pthread = __atomic_load_n(&row->pthread, __ATOMIC_RELAXED);
        thread_named(row, number, pthread ? pthread : *id);
    } else {
        thread_discard(made);
    }
    thread_misuse_creating(-1);
}

/* From now on until false what is allocated and freed on this thread is libc's: it gives up what
   threads that have ended had, whose stacks it reuses (race_block_dying). */
static void inside_create(bool inside)
{
    struct thread *self = thread_current;
    if (self)
        self->creates = inside;
}

int wrap_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*routine)(void *),
                        void *argument)
{
    registration_first_thread();
    struct thread *made = creation((void *)routine, argument, attr, 0, FRAME);
    if (!made)
        return real.pthread_create(id, attr, routine, argument);
    struct thread_row *row = made->row;
    uint32_t number = made->number;
    inside_create(true);
    int result = real.pthread_create(id, attr, thread_start, made);
    inside_create(false);
    created(made, row, number, result == 0, id);
    return result;
}

int wrap_thrd_create(thrd_t *id, thrd_start_t routine, void *argument)
{
    registration_first_thread();
    struct thread *made = creation((void *)routine, argument, NULL, THREAD_C11, FRAME);
    if (!made)
        return real.thrd_create(id, routine, argument);
    struct thread_row *row = made->row;
    uint32_t number = made->number;
    inside_create(true);
    int result = real.thrd_create(id, thread_start_c11, made);
    inside_create(false);
    created(made, row, number, result == thrd_success, id);
    return result;
}

/* A join or detach that is under way. */
struct settling {
    struct thread *self; /* NULL: not observed */
    uint32_t target, stack;
    bool told, waits;
    const char *called;
};

static __attribute__((noinline)) void settle_begin(struct settling *settling, uintptr_t id,
                                                   const char *called, const void *frame)
{
    struct thread *self = guard_enter();
    settling->self = self;
    settling->waits = false;
    if (!self)
        return;
    settling->target = thread_by_pthread(id);
    settling->stack = stack_here(self, frame);
    settling->called = called;
    settling->told = thread_misuse_before(self, settling->target, called, settling->stack);
}

static void settled(const struct settling *settling, uint32_t flag)
{
    if (!settling->target)
        return;
    struct thread_row *row = thread_row(settling->target);
    row->joined_stack = settling->stack;
    row->settler = settling->self->number;
    __atomic_fetch_or(&row->flags, flag, __ATOMIC_RELEASE);
}

static void join_end(const struct settling *settling, int error)
{
    if (!settling->self || settling->self != thread_current) /* a handler forked meanwhile */
        return;
    if (settling->waits)
        wait_end(settling->self, error == 0);
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (error == 0) {
        if (settling->target)
            vclock_thread_joined(self, settling->target);
        settled(settling, THREAD_JOINED);
        thread_event(self, EVENT_THREAD_JOIN, 0, settling->stack, settling->target);
    } else if (!settling->told) {
        thread_misuse_after(self, settling->target, settling->called, settling->stack, error);
    }
    guard_leave(self);
}

#define JOIN(id, deadline, call, error)                                                            \
    do {                                                                                           \
        struct settling settling;                                                                  \
        settle_begin(&settling, id, __func__ + sizeof "wrap_" - 1, FRAME);                         \
        if (settling.self) {                                                                       \
            settling.waits =                                                                       \
                wait_begin(settling.self, WAIT_JOIN, settling.target, deadline, FRAME);            \
            if (settling.waits)                                                                    \
                deadlock_look(settling.self);                                                      \
            guard_leave(settling.self);                                                            \
        }                                                                                          \
        int result = call;                                                                         \
        join_end(&settling, error);                                                                \
        return result;                                                                             \
    } while (0)

int wrap_pthread_join(pthread_t id, void **ret)
{
    JOIN(id, WAIT_FOREVER, real.pthread_join(id, ret), result);
}

int wrap_pthread_timedjoin_np(pthread_t id, void **ret, const struct timespec *until)
{
    JOIN(id, deadline_at(CLOCK_REALTIME, until), real.pthread_timedjoin_np(id, ret, until), result);
}

int wrap_pthread_clockjoin_np(pthread_t id, void **ret, clockid_t clock,
                              const struct timespec *until)
{
    JOIN(id, deadline_at(clock, until), real.pthread_clockjoin_np(id, ret, clock, until), result);
}

/* thrd_error stands for every error of the pthread_join inside. */
static int c11_error(int result, thrd_t id)
{
    if (result == thrd_success)
        return 0;
    return id == pthread_self() ? EDEADLK : EINVAL;
}

int wrap_thrd_join(thrd_t id, int *ret)
{
    JOIN(id, WAIT_FOREVER, real.thrd_join(id, ret), c11_error(result, id));
}

int wrap_pthread_tryjoin_np(pthread_t id, void **ret)
{
    struct settling settling;
    settle_begin(&settling, id, "pthread_tryjoin_np", FRAME);
    if (settling.self)
        guard_leave(settling.self);
    int result = real.pthread_tryjoin_np(id, ret);
    join_end(&settling, result);
    return result;
}

/* Told before the real call: from then on the pthread_t may be another thread's. */
static void detaching(uintptr_t id, const char *called, const void *frame)
{
    struct settling settling;
    settle_begin(&settling, id, called, frame);
    if (!settling.self)
        return;
    if (!settling.told)
        settled(&settling, THREAD_DETACHED);
    guard_leave(settling.self);
}

int wrap_pthread_detach(pthread_t id)
{
    detaching(id, "pthread_detach", FRAME);
    return real.pthread_detach(id);
}

int wrap_thrd_detach(thrd_t id)
{
    detaching(id, "thrd_detach", FRAME);
    return real.thrd_detach(id);
}

static void exiting(const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    self->exiting = true;
    self->row->ended_stack = stack_here(self, frame);
    /* The first thread has no frame of ours at its base that would see its end. */
    bool is_main = self->row->flags & THREAD_MAIN;
    if (is_main)
        thread_finish(self);
    guard_leave(self);
    if (is_main)
        last_step_expect();
}

void wrap_pthread_exit(void *result)
{
    exiting(FRAME);
    real.pthread_exit(result);
}

void wrap_thrd_exit(int result)
{
    exiting(FRAME);
    real.thrd_exit(result);
}

/* Who asked for it; whether it came to that is seen at the thread's end. */
int wrap_pthread_cancel(pthread_t id)
{
    struct thread *self = guard_enter();
    if (self) {
        uint32_t target = thread_by_pthread(id);
        if (target && !thread_row(target)->ended_stack)
            thread_row(target)->ended_stack = stack_here(self, FRAME);
        edge_cancel(self, id);
        guard_leave(self);
    }
    return real.pthread_cancel(id);
}

/* Where it is acted upon if it was asked for. Elsewhere that is in a wait, which the next wrapper
   finds left (state/wait.c), or comes in between two instructions: then only the thread's last
   steps are known to come after it. */
void wrap_pthread_testcancel(void)
{
    struct thread *self = guard_enter();
    if (self) {
        edge_cancelled(self);
        guard_leave(self);
    }
    real.pthread_testcancel();
}

int wrap_pthread_setname_np(pthread_t id, const char *name)
{
    int result = real.pthread_setname_np(id, name);
    if (result != 0)
        return result;
    struct thread *self = guard_enter();
    if (self) {
        uint32_t target = thread_by_pthread(id);
        size_t size = text_length(name) + 1;
        if (target && size <= sizeof thread_row(target)->name)
            mem_copy(thread_row(target)->name, name, size);
        guard_leave(self);
    }
    return 0;
}
