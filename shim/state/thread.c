#include "state/thread.h"

#include "base/lock.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "format/tables.h"
#include "state/clock.h"
#include "state/initialiser.h"
#include "state/options.h"
#include "state/wait.h"

__thread struct thread *thread_current;
struct thread *thread_list;
bool (*guard_birth)(void);
union observing_page observing_page __attribute__((aligned(4096)));

#define RINGS_MAX 8192u

/* Newest thread number by hash of its pthread_t; rows chain to older ones. */
#define PTHREAD_BUCKETS 4096u
static uint32_t by_pthread[PTHREAD_BUCKETS];

/* Threads whose routine is over and whose structs were not taken again yet. */
static uint32_t ended_count;

/* True when the wrapper that entered the guard was left by longjmp: whoever it called stands below
   it, but this wrapper stands at its place or above. On another stack (sigaltstack, coroutine)
   there is no telling. */
static bool guard_is_stale(const struct thread *self, uintptr_t frame)
{
    return self->busy != GUARD_VFORK && frame >= self->busy && frame < self->stack_high &&
           self->busy >= self->stack_low;
}

/* A thread that we did not see being created: made before us, or by a raw clone with its own TLS.
 */
static struct thread *thread_adopt(void)
{
    /* A handler may interrupt this very function while it holds a lock: it must not start over. */
    static __thread bool adopting;
    if (adopting)
        return NULL;
    adopting = true;
    struct thread *self = thread_create(NULL, 0, THREAD_ADOPTED | THREAD_DETACHED);
    if (self) {
        vclock_thread_adopted(self);
        thread_begin(self);
    }
    adopting = false;
    return self;
}

struct thread *guard_enter_slow(uintptr_t frame)
{
    struct thread *self = thread_current;
    if (!observing.on) {
        if (!guard_birth || !guard_birth())
            return NULL;
        self = thread_current;
    }
    if (!self)
        self = thread_adopt();
    if (!self || (self->busy && !guard_is_stale(self, frame)))
        return NULL;
    self->busy = frame;
    if (self->waiting)
        wait_met_inside(self, frame);
    return self;
}

static struct event_ring *ring_take(void)
{
    /* Rings are bounded: the first RINGS_MAX running threads have one. */
    static uint32_t next;
    struct section *section = &recording->sections[SECTION_EVENTS - 1];
    if (__atomic_load_n(&next, __ATOMIC_RELAXED) >= RINGS_MAX ||
        section->used + sizeof(struct event_ring) > section->capacity)
        return NULL;
    struct event_ring *ring = section_reserve(SECTION_EVENTS, sizeof *ring);
    if (ring)
        __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
    return ring;
}

/* True when the kernel has no such thread any more. */
static bool thread_is_gone(const struct thread *thread)
{
    return thread->ended && thread->tid &&
           raw_syscall(SYS_tgkill, raw_syscall(SYS_getpid), thread->tid, 0) == -3 /* ESRCH */;
}

/* The struct (with its ring, memo and block rows) of a thread that is gone, or a new one. */
static struct thread *thread_struct(void)
{
    uint32_t ended = __atomic_load_n(&ended_count, __ATOMIC_RELAXED);
    for (struct thread *old = thread_list; old && ended; old = old->next)
        if (__atomic_load_n(&old->ended, __ATOMIC_ACQUIRE)) {
            ended--;
            if (!thread_is_gone(old))
                continue;
            __atomic_fetch_sub(&ended_count, 1, __ATOMIC_RELAXED);
            vclock_thread_gone(old);
            old->held.count = old->held.lockset = 0;
            old->ignore_reads = old->ignore_writes = old->ignore_sync = 0;
            old->tid = 0;
            old->ended = old->exiting = old->past_destructors = false;
            old->waiting = 0;
            old->deadlock = 0;
            old->looks = false;
            old->busy = 0;
            old->stack_low = old->stack_high = 0;
            return old;
        }
    enum { ALIGN = _Alignof(struct thread) };
    uintptr_t room = (uintptr_t)arena_alloc(sizeof(struct thread) + ALIGN);
    if (!room)
        return NULL;
    struct thread *made = (struct thread *)((room + ALIGN - 1) & -(uintptr_t)ALIGN);
    made->locks = made->locks_first;
    made->ring = ring_take();
    made->next = thread_list;
    __atomic_store_n(&thread_list, made, __ATOMIC_RELEASE);
    return made;
}

static struct thread_row row_for_none;

struct thread *thread_create(struct thread *creator, uint32_t created_stack, uint32_t flags)
{
    if (!recording)
        return NULL;
    lock_take(LOCK_THREADS);
    struct thread *made = thread_struct();
    if (made) {
        struct section *section = &recording->sections[SECTION_THREADS - 1];
        if (section->used == 0)
            section_row(SECTION_THREADS, 0); /* thread 0 means "unknown" */
        uint32_t number = (uint32_t)(section->used / sizeof(struct thread_row));
        made->row = section_row(SECTION_THREADS, number);
        made->number = made->row ? number : 0;
        if (!made->row)
            made->row = &row_for_none;
    }
    lock_give(LOCK_THREADS);
    if (!made)
        return NULL;
    vclock_thread_create(made, creator);
    made->sync_low = UINTPTR_MAX;
    made->depth = (uint32_t)options.number[OPTION_STACK_DEPTH];
    made->scope = creator ? creator->scope : 0;
    made->blocked = creator ? creator->blocked : 0; /* as the kernel does with its mask */
    made->blocked_waiting = 0;
    made->held_back = false;
    struct thread_row *row = made->row;
    row->flags = flags;
    row->creator = creator ? creator->number : 0;
    row->created_stack = created_stack;
    row->created_time = clock_now();
    row->scope = made->scope;
    row->checkpoint = recording->checkpoint;
    row->event_ring =
        made->ring ? (uint32_t)(made->ring - (struct event_ring *)section_start[SECTION_EVENTS]) + 1
                   : 0;
    __atomic_store_n(&row->state, THREAD_STARTING, __ATOMIC_RELEASE);
    return made;
}

void (*thread_begun)(struct thread *self);

void thread_begin(struct thread *self)
{
    struct thread_row *row = self->row;
    /* A handler that interrupts us from here on finds the thread known and its guard entered. */
    self->busy = (uintptr_t)__builtin_frame_address(0);
    thread_current = self;
    self->tid = (int32_t)raw_syscall(SYS_gettid);
    row->tid = self->tid;
    row->stack_low = self->stack_low;
    row->stack_high = self->stack_high;
    /* The thread pointer is the pthread_t (x86-64 ABI of glibc: TCB self pointer at fs:0). */
    uintptr_t pthread;
    __asm__("mov %%fs:0, %0" : "=r"(pthread));
    thread_named(row, self->number, pthread);
    row->started_time = clock_now();
    __atomic_store_n(&row->state, THREAD_RUNNING, __ATOMIC_RELEASE);
    thread_event(self, EVENT_THREAD_START, 0, row->created_stack, self->number);
    if (thread_begun)
        thread_begun(self);
    self->busy = 0;
}

void thread_finish(struct thread *self)
{
    if (self->waiting)
        wait_forget(self);
    self->row->ended_time = clock_now();
    __atomic_store_n(&self->row->state, THREAD_ENDED, __ATOMIC_RELEASE);
    thread_event(self, EVENT_THREAD_END, 0, 0, self->number);
    /* From here on, once the kernel has no such thread, the struct is anybody's. Pairs with the
       acquire in thread_struct(). */
    __atomic_store_n(&self->ended, true, __ATOMIC_RELEASE);
    __atomic_fetch_add(&ended_count, 1, __ATOMIC_RELAXED);
}

void thread_discard(struct thread *made)
{
    made->row->pthread = 0;
    __atomic_store_n(&made->row->state, THREAD_NONE, __ATOMIC_RELEASE);
    made->tid = INT32_MAX; /* no such thread: the struct is free */
    __atomic_store_n(&made->ended, true, __ATOMIC_RELEASE);
    __atomic_fetch_add(&ended_count, 1, __ATOMIC_RELAXED);
}

void thread_replaces(struct thread *self, struct thread *adopted)
{
    if (guard_enter()) {
        vclock_thread_renamed(self, adopted);
        guard_leave(self);
    }
    thread_discard(adopted);
}

/* The next of a linked number's chain. The field holds it + 1: 0 says that there is none yet. */
static uint32_t older_than(uint32_t number)
{
    return __atomic_load_n(&thread_row(number)->older, __ATOMIC_RELAXED) - 1;
}

static uint32_t *bucket_of(uintptr_t pthread)
{
    return &by_pthread[(pthread >> 6) * 0x9e3779b97f4a7c15ull >> 52];
}

/* Is number among those that were pushed on top of older? A bucket only grows, so from newest,
   which it held after older, the way there is short. */
static bool is_above(uint32_t number, uint32_t newest, uint32_t older)
{
    while (newest != older && newest != number)
        newest = older_than(newest);
    return newest == number;
}

/* Naively: older = *bucket; *bucket = number, under a lock. Creator and thread may both come here,
   and neither waits for the other, which may have been stopped anywhere inside: so both do the
   whole work, and each step is one that only one of them can do. older is set while number is not
   linked only, since a bucket never holds a number twice: what was read before somebody else's push
   is no longer there. */
static void thread_link(struct thread_row *row, uint32_t number, uint32_t *bucket)
{
    uint32_t below = __atomic_load_n(&row->older, __ATOMIC_ACQUIRE);
    for (;;) {
        uint32_t newest = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
        if (below && is_above(number, newest, below - 1))
            return;
        if (below != newest + 1) {
            if (!__atomic_compare_exchange_n(&row->older, &below, newest + 1, false,
                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                continue; /* below is what the other one has set */
            below = newest + 1;
        }
        /* Publishes pthread and older. Pairs with the acquire in thread_by_pthread(). */
        if (__atomic_compare_exchange_n(bucket, &newest, number, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return;
    }
}

void thread_named(struct thread_row *row, uint32_t number, uintptr_t pthread)
{
    uintptr_t named = 0;
    if (!number)
        return;
    if (__atomic_compare_exchange_n(&row->pthread, &named, pthread, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        named = pthread;
    thread_link(row, number, bucket_of(named));
}

struct thread_row *thread_row(uint32_t number)
{
    return ROW(SECTION_THREADS, struct thread_row, number);
}

static uint32_t older_with(uint32_t number, uintptr_t pthread)
{
    while (number && thread_row(number)->pthread != pthread)
        number = older_than(number);
    return number;
}

/* A handler that ran before a thread's first step of ours had it adopted (thread_start will put
   that right): behind such a row is the thread's own, which nobody has settled yet. */
uint32_t thread_by_pthread(uintptr_t pthread)
{
    uint32_t number = older_with(__atomic_load_n(bucket_of(pthread), __ATOMIC_ACQUIRE), pthread);
    if (likely(!number || !(thread_row(number)->flags & THREAD_ADOPTED)))
        return number;
    uint32_t own = older_with(older_than(number), pthread);
    bool open = own && !(thread_row(own)->flags & (THREAD_JOINED | THREAD_DETACHED));
    return open ? own : number;
}

void thread_after_fork(void)
{
    struct thread *self = thread_current;
    thread_list = NULL;
    thread_current = NULL;
    ended_count = 0;
    mem_clear(by_pthread, sizeof by_pthread);
    vclock_after_fork();
    initialiser_after_fork();
    held_after_fork();
    if (!recording)
        return;
    /* Structs of the other threads are lost to the child: bounded by the parent's number of
     * threads. */
    struct thread *made = thread_create(NULL, 0, THREAD_MAIN);
    if (!made)
        return;
    if (self) {
        held_inherit(made, self);
        made->sync_low = self->sync_low;
        made->scope = self->scope;
        made->stack_low = self->stack_low;
        made->stack_high = self->stack_high;
    }
    thread_begin(made);
}

void thread_event(struct thread *self, uint16_t type, uint16_t kind, uint32_t stack,
                  uint64_t object)
{
    struct event_ring *ring = self->ring;
    if (!ring)
        return;
    uint64_t next = ring->next;
    struct event_row *row = &ring->rows[next % EVENT_RING_ROWS];
    __atomic_store_n(&row->time, 0, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    row->thread = self->number;
    row->type = type;
    row->kind = kind;
    row->stack = stack;
    row->object = object;
    ring->thread = self->number;
    /* Publishes the row. Pairs with the reader's acquire of time. */
    __atomic_store_n(&row->time, clock_coarse(), __ATOMIC_RELEASE);
    __atomic_store_n(&ring->next, next + 1, __ATOMIC_RELEASE);
}
