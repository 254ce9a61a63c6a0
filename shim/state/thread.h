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

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "format/recording.h"
#include "state/held.h"
#include "state/vclock.h"

struct stack_memo;        /* state/stack.c */
struct known_use;         /* detect/handle_race.h */
struct quarantine_recent; /* state/quarantine.h */

/* Registers that a scan must treat as roots, saved by the wrapper of a call that may block, before
   it blocks (state/wait.h). Callee-saved registers that the wrapper spilled lie in its frame, which
   sp is below: a scan from sp upwards and of these words sees all that the thread holds. */
struct saved_registers {
    uintptr_t sp;     /* below the wrapper's frame */
    uintptr_t pc, bp; /* of the wrapper's caller, right after the call */
    uintptr_t rbx, r12, r13, r14, r15;
};

/* The signal handler of the program that runs on a thread. A hint: it may have been left by longjmp
   (detect/handler_misuse.h). */
struct handler {
    uintptr_t frame;     /* of our function that called it; 0 = none */
    uintptr_t stack_low; /* of the alternate stack that it runs on; 0 = none */
    int32_t signal;
    bool by_itself; /* it came where the thread had asked for it: it interrupted nothing */
};

/* A place in a thread's table of locks. */
struct known_lock {
    uintptr_t address;
    struct sync *sync;
};

/* What a lock or another frequent call touches comes first, in as few lines as it fits in: between
   two of them the program has used the cache for other things. */
struct thread {
    uintptr_t busy; /* stack pointer of the guard's owner, 0 = not inside, GUARD_VFORK */
    /* enum wait_kind while in a wait whose registers are saved, with WAITING_INTERRUPTED once a
       signal handler has run on top of it (the saved registers are then not all), and WAITING_TOLD
       once it was told as part of a deadlock. Atomic: others look at it, and put WAITING_TOLD. */
    uintptr_t waiting;
    /* A signal that ends the process and came while this thread was inside the shim: it happens
       when the guard is left. Written by the thread's own handler. */
    uint32_t deferred;
    uint32_t number;           /* row in SECTION_THREADS */
    struct thread_clock clock; /* happens-before by every edge (state/vclock.h) */
    /* No synchronisation object lies on its stack below this address; UINTPTR_MAX: none at all.
       Lowered by who makes one there, atomic. */
    uintptr_t sync_low;
    /* Happens-before was told that this thread is not to be watched (nests). */
    uint32_t ignore_sync;
    uint32_t stack_known; /* with stack_frame, below */

    struct held_set held; /* the locks that it holds */
    /* Locks that it took, by address (interpose/lock.c): may be others by now. */
    struct known_lock *locks;
    uint32_t locks_mask, locks_missed;
    struct stack_memo *memo; /* made at first use */

    uintptr_t stack_low, stack_high; /* 0 = unknown */
    struct handler handler;          /* written by the thread and its handlers */
    /* The stack of the wrapper with this frame, 0 = not walked yet; no frame outside of it
       (stack_once). */
    const void *stack_frame;
    void *orders;           /* detect/lock_order: its memo of what the graph knows */
    struct known_use *uses; /* detect/handle_race: its uses of descriptors, by number */

    void *accesses; /* detect/race: its memo of contexts */
    void *lists;    /* state/record_list: lists for its next granules */
    uint32_t ignore_reads, ignore_writes;
    /* Locations of synchronisation (rewrite/location.h) that this thread read before they were
       known to be some: it acquires them at its next step. 0 = none. Set by who finds out, atomic.
     */
    uintptr_t met_locations[2];
    /* An epoch of its own that others came to know while it lasted (state/maybe_order.h): it begins
       another at its next step. 0 = none. Set by who finds out, atomic. */
    uint64_t lent_epoch;
    struct quarantine_recent *recent; /* blocks that it freed last (state/quarantine.h) */
    uint32_t block_next, block_end;   /* block rows reserved for this thread: [next, end) */

    struct thread_clock lineage; /* happens-before by creations and joins alone */
    uint32_t births;             /* blocks that it has allocated; wraps */
    uint32_t waits;              /* how many it has begun (state/wait.c) */
    struct thread_row *row;      /* never NULL: a private dummy when the section is full */
    struct event_ring *ring;     /* NULL: none */
    uint32_t depth;              /* stack_depth option */
    uint32_t scope;

    struct known_lock locks_first[2]; /* what locks names before it is larger */
    int32_t tid;
    struct saved_registers saved;
    /* Stop-the-world (detect/stop_world): written by the thread's signal handler, read by the
     * stopper. */
    uint32_t stopped;
    uintptr_t stopped_context; /* ucontext_t * on its own stack */
    siginfo_t deferred_info;
    void *exec_scratch; /* for an environment too large for the stack; bytes in exec_room */
    size_t exec_room;
    bool raises; /* sends a signal to itself: what runs then interrupts nothing */
    /* Return address of the newest call that got at once what it might have had to wait for: a wait
       at that place is one that others serve (wait_is_served). */
    uintptr_t served;
    bool ended; /* its start routine is over; destructors may still run */
    bool own_signal_stack;
    bool exiting;          /* called pthread_exit or thrd_exit */
    bool creates;          /* is inside libc's own function that creates a thread */
    bool past_destructors; /* nothing of the program runs on it any more */
    bool looks;            /* before it waits, whether it is in a deadlock (detect/deadlock.c) */
    uint32_t deadlock;   /* the finding that tells its wait, + 1; 0 none (detect/deadlock_tell.c) */
    struct thread *next; /* all structs, LOCK_THREADS for writers; readers may walk at any time */
    /* What the program asked its creation for; set by the creator before the first step. */
    void *routine, *argument;
    uintptr_t stack_size;
    /* The futex call that it made or makes: the value that it waits with, and that other processes
       may wake it. */
    uint32_t futex;
    bool futex_shared;
    /* While it waits at a barrier: how many must have arrived there in all until it is let go; 0
       not known. Others look at it. */
    uint64_t barrier_until;
    uint32_t
        thrown; /* where it threw an exception with locks held, until that is caught; a stack */
    uintptr_t wait_mutex; /* while it waits for a condition: with this; others look at it */
    void *compiled;       /* shim/compiled: its shadow stack and fences */
    void *rewrite;        /* shim/rewrite: its filter, tags and stacks (rewrite/own.h) */
    /* Standing signals (state/signals.h) that the program has blocked on this thread, and those
       that have come since, atomic. */
    uint64_t blocked, blocked_waiting;
    /* A signal came while the thread was inside the shim, and all are blocked until it has left
       (interpose/signal.c): what its mask was. */
    uint64_t held_back_mask;
    bool held_back;
} __attribute__((aligned(64)));
static_assert(offsetof(struct thread, held) == 64 && offsetof(struct thread, stack_low) == 128 &&
                  offsetof(struct thread, accesses) == 192,
              "lines of what is used together");

#define GUARD_VFORK         UINTPTR_MAX
#define WAITING_INTERRUPTED 0x10000u
#define WAITING_TOLD        0x20000u

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
    uint32_t locks; /* lock order, misuse, deadlocks */
    /* Accesses to memory: 0 off, 1 wanted (nobody to race with yet), 2 on since the first thread
       was created. */
    uint32_t races;
};
enum { RACES_OFF = 0, RACES_WANTED = 1, RACES_ON = 2 };
extern union observing_page {
    struct observing now;
    char page[4096];
} observing_page __attribute__((visibility("hidden")));
#define observing (observing_page.now)

/* Has somebody left word for it: met_locations, lent_epoch? */
static inline bool thread_has_met(const struct thread *self)
{
    return self->met_locations[0] | self->met_locations[1] | self->lent_epoch;
}

/* Called by the slow path of the guard when nothing has started yet; set by start.c. Returns true
   when observing began. */
extern bool (*guard_birth)(void);

/* frame: of the wrapper that enters. */
struct thread *guard_enter_slow(uintptr_t frame);

static inline struct thread *guard_enter(void)
{
    struct thread *self = thread_current;
    if (likely(self && !(self->busy | self->waiting) && observing.on)) {
        self->busy = (uintptr_t)__builtin_frame_address(0);
        __asm__ volatile("" ::: "memory"); /* a handler sees busy before anything we do */
        return self;
    }
    return guard_enter_slow((uintptr_t)__builtin_frame_address(0));
}

/* Lets the deferred signal happen (fatal.c). */
void guard_deferred(struct thread *self);

static inline void guard_leave(struct thread *self)
{
    __asm__ volatile("" ::: "memory");
    self->busy = 0;
    __asm__ volatile("" ::: "memory");
    if (unlikely(self->deferred))
        guard_deferred(self);
}

/* Out of the guard for a while and back: what a handler does meanwhile is seen. False when this is
   no longer the thread that it was (a handler forked, and this is the child), or the shim has ended
   its work: then nothing more may be looked at. */
static inline uintptr_t guard_pause(struct thread *self)
{
    uintptr_t busy = self->busy;
    guard_leave(self);
    return busy;
}

static inline bool guard_resume(struct thread *self, uintptr_t busy)
{
    if (thread_current != self || !observing.on)
        return false;
    self->busy = busy;
    __asm__ volatile("" ::: "memory");
    return true;
}

/* A struct and row for a new thread. creator may be NULL. Returns NULL when memory is short: the
   thread then goes unobserved. Any thread, guard entered (or birth). */
struct thread *thread_create(struct thread *creator, uint32_t created_stack, uint32_t flags);

/* Makes it the calling thread's: tid, stack bounds, state running. */
void thread_begin(struct thread *self);

/* Told at its end, guard entered; NULL: nobody asks. */
extern void (*thread_begun)(struct thread *self);

/* Its routine is over (return, pthread_exit, cancellation); destructors may follow. */
void thread_finish(struct thread *self);

/* The creation of made failed, or it was adopted in vain: its struct may be used again, its row
 * says that there was none. */
void thread_discard(struct thread *made);

/* The calling thread was adopted, and turns out to be self: what it has done is self's past. */
void thread_replaces(struct thread *self, struct thread *adopted);

/* Says which pthread_t the thread with this row has; creator and thread both call it, because
   either may be first, and the first counts. After either call it is found, however far the other
   one is. */
void thread_named(struct thread_row *row, uint32_t number, uintptr_t pthread);

/* The number of the newest thread that had this pthread_t, 0 when there is none. Threads stay known
   when they are gone: what is joined twice is found. Any thread, guard entered. */
uint32_t thread_by_pthread(uintptr_t pthread);

/* The row of a thread by its number (not 0). */
struct thread_row *thread_row(uint32_t number);

/* In a fork's child: only the calling thread is left; the list is emptied but for it, with a new
   row when the child has its recording. */
void thread_after_fork(void);

/* One event in the calling thread's ring. type: enum event. */
void thread_event(struct thread *self, uint16_t type, uint16_t kind, uint32_t stack,
                  uint64_t object);

#endif
