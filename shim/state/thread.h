/*
 * Threads as the shim knows them, and the guard that every wrapper enters.
 *
 * struct thread is private memory of the process, one for each thread that ever met us, recycled
 * when its owner is gone; row is its public face in the recording. Only the owner writes its
 * fields, except where a comment says otherwise.
 *
 * The guard. A wrapper asks guard_enter(); NULL means "only pass the call through": not started, in
 * a fork's or vfork's child that is not ours, already inside the shim on this thread (we, or a
 * signal handler that interrupted us), or after the last look. The guard is left before any real
 * call that may block, call back, longjmp or be cancelled.
 */
#ifndef HOLDFAST_STATE_THREAD_H
#define HOLDFAST_STATE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "format/recording.h"

struct stack_memo; /* state/stack.c */

/* Registers that a scan must treat as roots and a walk can start from, saved by the wrapper of a
   call that may block, before it blocks (state/wait.h). */
struct saved_registers {
    uintptr_t pc, sp, bp; /* of the wrapper's caller, right after the call */
    uintptr_t rbx, r12, r13, r14, r15;
};

struct thread {
    uintptr_t busy;  /* stack pointer of the guard's owner, 0 = not inside, GUARD_VFORK */
    uint32_t number; /* row in SECTION_THREADS */
    int32_t tid;
    struct thread_row *row;         /* never NULL: a private dummy when the section is full */
    struct event_ring *ring;        /* NULL: none */
    uint32_t block_next, block_end; /* block rows reserved for this thread: [next, end) */
    uint32_t scope;
    uint32_t depth;                  /* stack_depth option */
    struct stack_memo *memo;         /* made at first use */
    uintptr_t stack_low, stack_high; /* 0 = unknown */
    uint32_t
        waiting; /* enum wait_kind while in a wait whose registers are saved; read by the scan */
    struct saved_registers saved;
    /* Stop-the-world (detect/stop_world): written by the thread's signal handler, read by the
     * stopper. */
    uint32_t stopped;
    uintptr_t stopped_context; /* ucontext_t * on its own stack */
    bool ended;                /* its start routine is over; destructors may still run */
    bool own_signal_stack;
    struct thread *next; /* all structs, LOCK_THREADS for writers; readers may walk at any time */
    uint64_t reserved[8];
};

#define GUARD_VFORK UINTPTR_MAX

/* The calling thread's struct; NULL until it met us. initial-exec: one load. */
extern __thread struct thread *thread_current __attribute__((visibility("hidden")));

/* Head of the list of all structs (see next). */
extern struct thread *thread_list;

/* Its own page, wiped by any fork (also a raw one): a child that we have not set up observes
 * nothing. */
struct observing {
    uint32_t on;     /* events are told: set at birth, cleared at the last look */
    uint32_t memory; /* heap blocks too */
    uint32_t handles;
    uint32_t threads;
};
extern union observing_page {
    struct observing now;
    char page[4096];
} observing_page __attribute__((visibility("hidden")));
#define observing (observing_page.now)

/* Called by the slow path of the guard when nothing has started yet; set by start.c. Returns true
   when observing began. */
extern bool (*guard_birth)(void);

/* frame: of the wrapper that enters. */
struct thread *guard_enter_slow(uintptr_t frame);

static inline struct thread *guard_enter(void)
{
    struct thread *self = thread_current;
    if (likely(self && !self->busy && observing.on)) {
        self->busy = (uintptr_t)__builtin_frame_address(0);
        __asm__ volatile("" ::: "memory"); /* a handler sees busy before anything we do */
        return self;
    }
    return guard_enter_slow((uintptr_t)__builtin_frame_address(0));
}

static inline void guard_leave(struct thread *self)
{
    __asm__ volatile("" ::: "memory");
    self->busy = 0;
}

/* A struct and row for a new thread. creator may be NULL. Returns NULL when memory is short: the
   thread then goes unobserved. Any thread, guard entered (or birth). */
struct thread *thread_create(struct thread *creator, uint32_t created_stack, uint32_t flags);

/* Makes it the calling thread's: tid, stack bounds, state running. */
void thread_begin(struct thread *self);

/* Its routine is over (return, pthread_exit, cancellation); destructors may follow. */
void thread_finish(struct thread *self);

/* The struct for a given pthread_t, newest first, or NULL. Guard entered. */
struct thread *thread_by_pthread(uintptr_t pthread);

/* In a fork's child: only the calling thread is left; the list is emptied but for it, with a new
   row when the child has its recording. */
void thread_after_fork(void);

/* One event in the calling thread's ring. type: enum event. */
void thread_event(struct thread *self, uint16_t type, uint16_t kind, uint32_t stack,
                  uint64_t object);

#endif
