/*
 * Blocked for good or not. A thread that waits for a lock or for another thread is blocked as that
 * one is: while the owner or the thread to be joined runs, the wait may end; so it may where a lock
 * is changing hands, which is nobody's for a moment. At other places nobody
 * can be asked, and a wait without a deadline at the end of the process stays without an answer:
 *
 *     was woken at this place before (idle pool, event loop)   note
 *     otherwise                                                warning
 *
 * A signal that ends the process comes at any moment, so then the wait must also have lasted longer
 * than blocked_threshold, and what comes from outside (input, connections, signals, children) is a
 * note at most; the thread that got the signal is looked at too.
 *
 * Threads that were told of as deadlocked, and those that wait for them, are no news.
 */
#include "detect/blocked.h"

#include <pthread.h>
#include <sys/uio.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "report/finding.h"
#include "state/clock.h"
#include "state/options.h"
#include "state/place.h"
#include "state/stack.h"
#include "state/task.h"
#include "state/wait.h"

enum grade { RUNS, IDLES, BLOCKED };

/* How far below the wrapper's frame libc stands in its system call. */
#define CALL_FRAMES_MOST 8192u

/* More threads than this that wait for each other in a row are a circle. */
#define CHAIN_MOST 64

struct look {
    struct thread *self;
    uint64_t now;
    bool by_signal;
};

/* One thread's wait, copied. */
struct wait {
    struct thread *thread;
    uint32_t kind, stack;
    uint64_t object, since;
    struct thread *holder; /* owner of the lock or thread to be joined, NULL unknown or gone */
    bool has_holder, unseen;
    bool passing; /* the lock is nobody's, as between unlock and lock */
};

/* What other threads' memory says, where it may be gone by now. */
static bool read_word(uintptr_t address, int32_t *ret)
{
    struct iovec to = {ret, sizeof *ret}, from = {(void *)address, sizeof *ret};
    return raw_syscall(SYS_process_vm_readv, recording->pid, &to, 1, &from, 1, 0) == sizeof *ret;
}

/* Of __readers: a writer has it, or had it last; from the fourth bit on their number
   (nptl/pthread_rwlock_common.c). */
#define RWLOCK_WRITE_PHASE  1u
#define RWLOCK_READER_SHIFT 3

/* glibc keeps the owner's tid in the lock (bits/struct_mutex.h, bits/struct_rwlock.h): from a
   moment after it was taken to a moment before it is free. 0: nobody's, or that of readers, or not
   to be known. */
static int32_t owner_of(struct wait *wait)
{
    int32_t tid, readers;
    uintptr_t lock = wait->object;
    if (wait->kind == WAIT_MUTEX) {
        if (!read_word(lock + offsetof(pthread_mutex_t, __data.__owner), &tid))
            return 0;
        wait->passing = tid == 0;
        return tid;
    }
    if ((wait->kind != WAIT_RWLOCK_READ && wait->kind != WAIT_RWLOCK_WRITE) ||
        !read_word(lock + offsetof(pthread_rwlock_t, __data.__cur_writer), &tid) ||
        !read_word(lock + offsetof(pthread_rwlock_t, __data.__readers), &readers))
        return 0;
    wait->passing = tid == 0 && ((uint32_t)readers & RWLOCK_WRITE_PHASE ||
                                 (uint32_t)readers >> RWLOCK_READER_SHIFT == 0);
    return tid;
}

static struct thread *thread_with(int32_t tid, uint32_t number)
{
    struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE);
    while (t && (t->ended || (tid ? t->tid != tid : t->number != number)))
        t = t->next;
    return t;
}

/* It is where its row says, and not on its way in or out, nor elsewhere after a longjmp. */
static bool really_waits(const struct look *look, const struct thread *thread, uint32_t kind)
{
    if (thread == look->self || kind == WAIT_SPIN)
        return true;
    struct task_call call;
    int known = task_call(thread->tid, &call);
    if (known < 0)
        return !(thread->waiting & WAITING_INTERRUPTED);
    return known && call.sp <= thread->saved.sp && thread->saved.sp - call.sp < CALL_FRAMES_MOST;
}

/* Calls that libc makes inside of others and that wait for good: stdio's reads, system's and
   pclose's wait. Only the kernel knows of them, not since when, nor whether anybody was woken
   there.
 */
static bool unseen_wait(const struct look *look, struct thread *thread, struct wait *ret)
{
    struct task_call call;
    if (thread == look->self || thread->row->flags & THREAD_ADOPTED ||
        task_call(thread->tid, &call) != 1 ||
        (call.number != SYS_read && call.number != SYS_wait4) || call.sp < thread->stack_low ||
        call.sp >= thread->stack_high)
        return false;
    struct stack_start start = {.pc = call.pc, .sp = call.sp, .exact = true};
    start.low = call.sp;
    start.high = thread->stack_high;
    *ret = (struct wait){.thread = thread, .kind = WAIT_CHILD, .unseen = true};
    if (call.number == SYS_read) {
        ret->kind = WAIT_READ;
        ret->object = call.arguments[0];
    }
    ret->stack = stack_at(look->self, &start);
    return true;
}

/* Who was woken from a condition waits for the mutex then. */
static void look_closer(const struct look *look, struct wait *wait)
{
    struct task_call call;
    if (wait->kind == WAIT_CONDITION && wait->thread != look->self &&
        task_call(wait->thread->tid, &call) == 1 && call.number == SYS_futex &&
        call.arguments[0] - wait->object >= sizeof(pthread_cond_t)) {
        wait->kind = WAIT_MUTEX;
        wait->object = call.arguments[0];
    }
}

/* False when the thread does not wait, or not without end. */
static bool wait_of(const struct look *look, struct thread *thread, struct wait *ret)
{
    const struct thread_row *row = thread->row;
    if (thread->ended || (thread == look->self && !look->by_signal))
        return false;
    struct wait wait = {.thread = thread,
                        .kind = __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE)};
    if (!wait.kind)
        return unseen_wait(look, thread, ret);
    wait.stack = row->wait_stack;
    wait.object = row->wait_object;
    wait.since = row->wait_since;
    if (row->wait_deadline || !really_waits(look, thread, wait.kind) ||
        __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) != wait.kind ||
        row->wait_since != wait.since)
        return false;
    look_closer(look, &wait);
    int32_t tid = owner_of(&wait);
    wait.has_holder = tid || wait.kind == WAIT_JOIN;
    wait.holder = wait.has_holder ? thread_with(tid, (uint32_t)wait.object) : NULL;
    *ret = wait;
    return true;
}

/* What comes from outside the process. */
static bool is_outside(enum wait_kind kind)
{
    return wait_info(kind)->object == OBJECT_FD || kind == WAIT_POLL || kind == WAIT_SELECT ||
           kind == WAIT_SIGNAL || kind == WAIT_CHILD || kind == WAIT_MESSAGE;
}

static enum grade grade_here(const struct look *look, const struct wait *wait)
{
    uint64_t patience = options.number[OPTION_BLOCKED_THRESHOLD] * 1000000u;
    if (look->by_signal && look->now - wait->since < patience)
        return RUNS;
    if (wait_may_idle(wait->kind) && stack_has_flag(wait->stack, STACK_WOKEN))
        return IDLES;
    return look->by_signal && is_outside(wait->kind) ? IDLES : BLOCKED;
}

/* Somebody who may be passing a lock on, or has been given it and not run yet. Where all wait, it
   was made anew, or overwritten, under those who wait for it. */
static bool somebody_runs(const struct look *look)
{
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        struct wait wait;
        if (t != look->self && !t->ended && !wait_of(look, t, &wait))
            return true;
    }
    return false;
}

static bool is_deadlocked(const struct thread *thread)
{
    return __atomic_load_n(&thread->row->flags, __ATOMIC_RELAXED) & THREAD_DEADLOCKED;
}

/* Told already (detect/deadlock): the thread is in a deadlock, or waits for one that is. */
static bool in_deadlock(const struct look *look, struct wait wait)
{
    for (int links = 0; links < CHAIN_MOST; links++) {
        if (is_deadlocked(wait.thread))
            return true;
        if (!wait.has_holder || !wait.holder || !wait_of(look, wait.holder, &wait))
            return false;
    }
    return false;
}

/* Follows who waits for whom to the one that decides. */
static enum grade grade(const struct look *look, struct wait wait)
{
    for (int links = 0; wait.has_holder && links < CHAIN_MOST; links++) {
        if (wait.kind == WAIT_JOIN && !wait.holder)
            return RUNS; /* it has ended: the join is about to return */
        if (!wait.holder || wait.holder == wait.thread)
            return BLOCKED;
        /* Who ends the process gives no lock back any more; that it can be joined does not matter
           now either. */
        if (wait.holder == look->self && !look->by_signal)
            return wait.kind == WAIT_JOIN ? RUNS : BLOCKED;
        struct thread *holder = wait.holder;
        if (!wait_of(look, holder, &wait))
            return RUNS;
    }
    return wait.passing && somebody_runs(look) ? RUNS : grade_here(look, &wait);
}

static uint32_t object_name(const struct look *look, const struct wait *wait)
{
    const struct wait_info *info = wait_info(wait->kind);
    const char *module = NULL;
    if (info->object == OBJECT_ADDRESS &&
        place_of(look->self, wait->object, &module) == PLACE_GLOBAL)
        return string_keep(module);
    const struct section *fds = &recording->sections[SECTION_FDS - 1];
    if (info->object == OBJECT_FD && (wait->object + 1) * sizeof(struct handle_row) <= fds->used) {
        const struct handle_row *row = ROW(SECTION_FDS, struct handle_row, wait->object);
        return row->state == HANDLE_OPEN ? row->name : 0;
    }
    return 0;
}

static void tell(const struct look *look, const struct wait *wait, enum grade grade)
{
    struct finding finding;
    const struct thread *thread = wait->thread;
    finding_begin(&finding, KIND_BLOCKED_THREAD, thread);
    task_name(thread->row);
    if (grade == IDLES)
        finding.severity = SEVERITY_NOTE;
    if (look->by_signal || wait->unseen)
        finding.confidence = CONFIDENCE_LIKELY;
    struct evidence_row *what = finding_evidence(&finding, EVIDENCE_WAIT, ROLE_WAITING);
    what->thread = thread->number;
    what->a = wait->object;
    what->b = wait->kind;
    what->c = wait->since;
    what->string = object_name(look, wait);
    finding_stack(&finding, ROLE_WAITING, wait->stack, thread->number);
    finding_stack(&finding, ROLE_CREATED, thread->row->created_stack, thread->row->creator);
    if (wait->holder && wait->kind != WAIT_JOIN) {
        struct evidence_row *holder = finding_evidence(&finding, EVIDENCE_THREAD, ROLE_ACQUIRED);
        holder->thread = wait->holder->number;
        holder->a = wait->holder->row->state;
        holder->b = wait->holder->row->flags;
    }
    finding_tell(&finding);
}

/* thread-leak shows these with the place where they wait; that they idle there is no news. */
static bool is_leak(const struct look *look, const struct thread *thread)
{
    return !look->by_signal && !(thread->row->flags & (THREAD_MAIN | THREAD_ADOPTED));
}

void blocked_look(struct thread *self)
{
    if (!observing.threads || !recording)
        return;
    struct look look = {.self = self, .now = clock_coarse()};
    look.by_signal = recording->ending == ENDING_SIGNAL || recording->ending == ENDING_CRASH;
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        struct wait wait;
        if (!wait_of(&look, t, &wait) || in_deadlock(&look, wait))
            continue;
        enum grade how = grade(&look, wait);
        if (how == BLOCKED || (how == IDLES && !is_leak(&look, t)))
            tell(&look, &wait, how);
    }
}
