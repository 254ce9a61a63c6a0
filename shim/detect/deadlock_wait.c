#include "detect/deadlock_wait.h"

#include <gnu/libc-version.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/uio.h>
#include <time.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "format/tables.h"
#include "state/sync.h"
#include "state/task.h"

/* How far below the wrapper's frame libc stands in its system call. */
#define CALL_FRAMES_MOST 8192u

/* No object that glibc sleeps on is larger (pthread_rwlock_t). */
#define OBJECT_MOST 56u

/* Private parts of glibc (nptl/pthread_barrier_wait.c, sysdeps/nptl/internaltypes.h). */
struct barrier {
    uint32_t in, current_round, count;
    int32_t shared;
    uint32_t out;
};
struct semaphore {
    uint64_t data; /* the value is its lower half */
    int32_t private;
    int32_t pad;
};
static_assert(sizeof(struct barrier) <= sizeof(pthread_barrier_t), "glibc's");
static_assert(sizeof(struct semaphore) <= sizeof(sem_t), "glibc's");

#define MUTEX_KIND_MASK  3u /* PTHREAD_MUTEX_TIMED_NP … ADAPTIVE_NP */
#define MUTEX_SHARED     128u
#define CONDITION_SHARED 1u
#define ONCE_RUNS        1
#define ONCE_DONE        2
#define RWLOCK_READERS   3 /* __readers counts them from this bit on */
/* Of __readers, too: a writer has put itself forward, and its phase has not begun. */
#define RWLOCK_PHASES      3u
#define RWLOCK_WRITER_NEXT 2u

/* What other threads' memory says, where it may be gone by now. */
static bool read_object(uint64_t address, void *ret, size_t size)
{
    struct iovec to = {ret, size}, from = {(void *)(uintptr_t)address, size};
    return raw_syscall(SYS_process_vm_readv, recording->pid, &to, 1, &from, 1, 0) == (long)size;
}

static bool is_inside(uint32_t kind)
{
    switch (kind) {
    case WAIT_MUTEX:
    case WAIT_RWLOCK_READ:
    case WAIT_RWLOCK_WRITE:
    case WAIT_SPIN:
    case WAIT_CONDITION:
    case WAIT_SEMAPHORE:
    case WAIT_BARRIER:
    case WAIT_JOIN:
    case WAIT_ONCE:
    case WAIT_FUTEX:
        return true;
    default:
        return false;
    }
}

/* Somebody has asked for its end, and such a wait is where that is acted upon. */
static bool is_cancelled(const struct thread *thread, uint32_t kind)
{
    return __atomic_load_n(&thread->row->ended_stack, __ATOMIC_RELAXED) && !thread->exiting &&
           (kind == WAIT_CONDITION || kind == WAIT_SEMAPHORE || kind == WAIT_JOIN);
}

bool stuck_of(const struct thread *self, struct thread *thread, struct stuck *ret)
{
    const struct thread_row *row = thread->row;
    if (!row) /* it is being created */
        return false;
    uint32_t kind = __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE);
    if (thread->ended || !thread->number || !is_inside(kind) || row->wait_deadline)
        return false;
    if (is_cancelled(thread, kind))
        return false;
    /* Whoever runs a handler on top of its wait may do anything. */
    uintptr_t waiting = __atomic_load_n(&thread->waiting, __ATOMIC_RELAXED);
    if (thread != self && waiting & WAITING_INTERRUPTED)
        return false;
    *ret = (struct stuck){.thread = thread,
                          .kind = kind,
                          .stack = row->wait_stack,
                          .object = row->wait_object,
                          .since = row->wait_since};
    ret->count = __atomic_load_n(&thread->waits, __ATOMIC_ACQUIRE);
    return __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) == kind;
}

void stuck_look_closer(const struct thread *self, struct stuck *stuck)
{
    uintptr_t word;
    if (stuck->kind == WAIT_CONDITION && stuck->thread != self && stuck_asleep(stuck, &word) == 1 &&
        word - stuck->object >= sizeof(pthread_cond_t)) {
        stuck->kind = WAIT_MUTEX;
        stuck->object = word;
    }
}

/* The waiting thread with this number or, when that is 0, this tid. */
static struct thread *waiting_thread(uint32_t number, int32_t tid)
{
    if (number) {
        const struct thread_row *row = thread_row(number);
        if (!__atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) || row->state == THREAD_ENDED)
            return NULL;
    }
    struct thread *thread = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE);
    while (thread && (thread->ended || (number ? thread->number != number : thread->tid != tid)))
        thread = thread->next;
    return thread && thread->row->wait_kind ? thread : NULL;
}

static struct thread *mutex_owner(const struct stuck *stuck, const struct sync *sync)
{
    pthread_mutex_t mutex;
    if (sync && sync->owner)
        return waiting_thread(sync->owner, 0);
    if (!read_object(stuck->object, &mutex, sizeof mutex) || mutex.__data.__owner <= 0)
        return NULL;
    return waiting_thread(0, mutex.__data.__owner);
}

static bool reads(const struct thread *thread, const struct sync *sync)
{
    const struct held_set *set = &thread->held;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->rows[i].lock == sync && set->rows[i].id == sync->id &&
            set->rows[i].mode == HELD_READ)
            return true;
    return false;
}

/* In front of a reader, where writers are preferred. */
static bool waits_to_write(const struct thread *thread, uint64_t lock)
{
    return __atomic_load_n(&thread->row->wait_kind, __ATOMIC_ACQUIRE) == WAIT_RWLOCK_WRITE &&
           thread->row->wait_object == lock;
}

/* Who waits to write waits for all readers; who waits to read, and not for a writer that is in,
   waits for those that want to be. */
static struct thread *in_the_way_after(const struct stuck *stuck, const struct sync *sync,
                                       const struct thread *previous)
{
    struct thread *thread =
        previous ? previous->next : __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE);
    for (; thread; thread = thread->next)
        if (!thread->ended && thread->row->wait_kind &&
            (stuck->kind == WAIT_RWLOCK_WRITE ? reads(thread, sync)
                                              : waits_to_write(thread, stuck->object)))
            return thread;
    return NULL;
}

struct thread *stuck_holder(const struct stuck *stuck, const struct thread *previous)
{
    struct sync *sync = stuck->kind == WAIT_JOIN ? NULL : sync_find(stuck->object);
    switch (stuck->kind) {
    case WAIT_MUTEX:
        return previous ? NULL : mutex_owner(stuck, sync);
    case WAIT_SPIN:
    case WAIT_ONCE:
        return previous || !sync || !sync->owner ? NULL : waiting_thread(sync->owner, 0);
    case WAIT_JOIN:
        return previous || !stuck->object ? NULL : waiting_thread((uint32_t)stuck->object, 0);
    case WAIT_RWLOCK_READ:
    case WAIT_RWLOCK_WRITE:
        if (!sync || (sync->owner && previous))
            return NULL;
        if (sync->owner)
            return waiting_thread(sync->owner, 0);
        return in_the_way_after(stuck, sync, previous);
    default:
        return NULL;
    }
}

/* One that its owner would wait for, rather than get an error or take it once more. */
static bool mutex_blocks_owner(const pthread_mutex_t *mutex)
{
    uint32_t kind = (uint32_t)mutex->__data.__kind & MUTEX_KIND_MASK;
    return kind == PTHREAD_MUTEX_TIMED_NP || kind == PTHREAD_MUTEX_ADAPTIVE_NP;
}

/* Readers are in, and no others are let in until a writer was. */
static bool waits_behind_writers(const pthread_rwlock_t *lock)
{
    return lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP &&
           (lock->__data.__readers & RWLOCK_PHASES) == RWLOCK_WRITER_NEXT &&
           lock->__data.__readers >> RWLOCK_READERS;
}

bool stuck_held_by(const struct stuck *stuck, const struct thread *holder)
{
    union {
        pthread_mutex_t mutex;
        pthread_rwlock_t rwlock;
        int32_t word;
    } object;
    const struct sync *sync = stuck->kind == WAIT_JOIN ? NULL : sync_find(stuck->object);
    bool itself = holder == stuck->thread;
    switch (stuck->kind) {
    case WAIT_MUTEX:
        return read_object(stuck->object, &object.mutex, sizeof object.mutex) &&
               object.mutex.__data.__lock && object.mutex.__data.__owner == holder->tid &&
               (!itself || mutex_blocks_owner(&object.mutex));
    case WAIT_RWLOCK_READ:
    case WAIT_RWLOCK_WRITE:
        if (!read_object(stuck->object, &object.rwlock, sizeof object.rwlock) || !sync)
            return false;
        if (object.rwlock.__data.__cur_writer) /* itself: the call returns EDEADLK */
            return object.rwlock.__data.__cur_writer == holder->tid && !itself;
        if (stuck->kind == WAIT_RWLOCK_READ)
            return waits_behind_writers(&object.rwlock) && waits_to_write(holder, stuck->object);
        return object.rwlock.__data.__readers >> RWLOCK_READERS && reads(holder, sync);
    case WAIT_SPIN:
        return read_object(stuck->object, &object.word, sizeof object.word) && object.word <= 0 &&
               sync && sync->owner == holder->number;
    case WAIT_ONCE:
        return sync && sync->owner == holder->number && !itself;
    case WAIT_JOIN:
        return holder->number == stuck->object && !holder->ended && !itself;
    default:
        return false;
    }
}

/* glibc 2.41 keeps something else in __g_signals (bug 25847). */
static bool knows_conditions(void)
{
    const char *version = gnu_get_libc_version();
    uint64_t minor = 0;
    return text_starts(version, "2.") &&
           text_number(version + 2, text_length(version + 2), &minor) && minor < 41;
}

/* A once control counts in its upper bits; a guard's first byte is what compiled code looks at (C++
   ABI for Itanium, 3.3.3), and libstdc++ marks in its second one that an initialiser runs. */
static bool once_runs(uint64_t address, int32_t word)
{
    const struct sync *sync = sync_find(address);
    if (sync && sync->kind == SYNC_GUARD)
        return (word & 0xff) == 0 && word & 0xff00;
    return (word & (ONCE_RUNS | ONCE_DONE)) == ONCE_RUNS;
}

/* All for whom it waits have arrived. Its memory alone does not say so: who was let go may not have
   run yet when the next phase has begun. */
static bool barrier_is_full(const struct stuck *stuck)
{
    const struct sync *sync = sync_find(stuck->object);
    uint64_t until = __atomic_load_n(&stuck->thread->barrier_until, __ATOMIC_RELAXED);
    return sync && sync->kind == SYNC_BARRIER && sync->more && until &&
           __atomic_load_n(&sync->more->tickets, __ATOMIC_RELAXED) >= until;
}

bool stuck_let_go(const struct stuck *stuck)
{
    union {
        pthread_mutex_t mutex;
        pthread_rwlock_t rwlock;
        int32_t word;
        pthread_cond_t condition;
        struct barrier barrier;
        struct semaphore semaphore;
    } object;
    switch (stuck->kind) {
    case WAIT_MUTEX:
        return !read_object(stuck->object, &object.mutex, sizeof object.mutex) ||
               !object.mutex.__data.__lock || object.mutex.__data.__owner == stuck->thread->tid;
    case WAIT_CONDITION:
        return !read_object(stuck->object, &object.condition, sizeof object.condition) ||
               (knows_conditions() &&
                (object.condition.__data.__g_signals[0] || object.condition.__data.__g_signals[1]));
    case WAIT_SEMAPHORE:
        return !read_object(stuck->object, &object.semaphore, sizeof object.semaphore) ||
               (uint32_t)object.semaphore.data != 0;
    case WAIT_BARRIER:
        return !read_object(stuck->object, &object.barrier, sizeof object.barrier) ||
               object.barrier.in == object.barrier.current_round || barrier_is_full(stuck);
    case WAIT_RWLOCK_READ:
    case WAIT_RWLOCK_WRITE:
        return !read_object(stuck->object, &object.rwlock, sizeof object.rwlock) ||
               (!object.rwlock.__data.__cur_writer &&
                !(object.rwlock.__data.__readers >> RWLOCK_READERS));
    case WAIT_SPIN:
        return !read_object(stuck->object, &object.word, sizeof object.word) || object.word > 0;
    case WAIT_ONCE:
        return !read_object(stuck->object, &object.word, sizeof object.word) ||
               !once_runs(stuck->object, object.word);
    case WAIT_JOIN:
        return !stuck->object || thread_row((uint32_t)stuck->object)->state == THREAD_ENDED;
    default:
        return false;
    }
}

static bool rwlock_would_pass(const struct stuck *stuck)
{
    pthread_rwlock_t lock;
    if (!read_object(stuck->object, &lock, sizeof lock) ||
        lock.__data.__cur_writer == stuck->thread->tid) /* EDEADLK */
        return true;
    /* A reader may also wait behind a writer, which its lock must have been made for. */
    bool readers = lock.__data.__readers >> RWLOCK_READERS;
    bool waits = stuck->kind == WAIT_RWLOCK_READ ? waits_behind_writers(&lock) : readers;
    return !lock.__data.__cur_writer && !waits;
}

bool stuck_would_pass(const struct stuck *stuck)
{
    struct barrier barrier;
    uint32_t word;
    switch (stuck->kind) {
    case WAIT_CONDITION:
        return false;
    case WAIT_BARRIER:
        return !read_object(stuck->object, &barrier, sizeof barrier) ||
               barrier.in + 1 - barrier.current_round >= barrier.count;
    case WAIT_RWLOCK_READ:
    case WAIT_RWLOCK_WRITE:
        return rwlock_would_pass(stuck);
    case WAIT_FUTEX:
        return !read_object(stuck->object, &word, sizeof word) || word != stuck->thread->futex;
    default:
        return stuck_let_go(stuck);
    }
}

bool stuck_is_shared(const struct stuck *stuck)
{
    union {
        pthread_mutex_t mutex;
        pthread_rwlock_t rwlock;
        pthread_cond_t condition;
        struct barrier barrier;
        struct semaphore semaphore;
    } object;
    static const uint8_t size[] = {
        [WAIT_MUTEX] = sizeof object.mutex,         [WAIT_RWLOCK_READ] = sizeof object.rwlock,
        [WAIT_RWLOCK_WRITE] = sizeof object.rwlock, [WAIT_CONDITION] = sizeof object.condition,
        [WAIT_SEMAPHORE] = sizeof object.semaphore, [WAIT_BARRIER] = sizeof object.barrier,
    };
    if (stuck->kind == WAIT_FUTEX)
        return stuck->thread->futex_shared;
    if (stuck->kind >= sizeof size || !size[stuck->kind])
        return false;
    if (!read_object(stuck->object, &object, size[stuck->kind]))
        return true;
    switch (stuck->kind) {
    case WAIT_MUTEX:
        return object.mutex.__data.__kind & (int)MUTEX_SHARED;
    case WAIT_CONDITION:
        return object.condition.__data.__wrefs & CONDITION_SHARED;
    case WAIT_SEMAPHORE:
        return object.semaphore.private != 0;
    case WAIT_BARRIER:
        return object.barrier.shared != 0;
    default:
        return object.rwlock.__data.__shared != 0;
    }
}

/* Yields first: who was only on its way has arrived after one or two. */
#define YIELDS    20u
#define NAP_LEAST 50000u /* ns; the kernel's own slack */
#define NAP_MOST  8000000u

bool patience_nap(struct patience *patience, struct thread *self)
{
    uint64_t ns = patience->passed < NAP_LEAST  ? NAP_LEAST
                  : patience->passed > NAP_MOST ? NAP_MOST
                                                : patience->passed;
    uintptr_t busy = guard_pause(self);
    if (patience->naps++ < YIELDS) {
        raw_syscall(SYS_sched_yield);
    } else {
        raw_syscall(SYS_nanosleep, &(struct timespec){.tv_nsec = (long)ns}, NULL);
        patience->passed += ns;
    }
    return guard_resume(self, busy);
}

static bool is_wait(uintptr_t operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return true;
    default:
        return false;
    }
}

int stuck_asleep(const struct stuck *stuck, uintptr_t *ret_word)
{
    struct task_call call;
    const struct thread *thread = stuck->thread;
    if (ret_word)
        *ret_word = 0;
    if (stuck->kind == WAIT_SPIN) /* never does; whose lock it is says enough */
        return 1;
    if (__atomic_load_n(&thread->looks, __ATOMIC_RELAXED))
        return !stuck_would_pass(stuck);
    int known = task_call(thread->tid, &call);
    if (known != 1)
        return known;
    if (call.number != SYS_futex || !is_wait(call.arguments[1]) || call.arguments[3] ||
        call.sp > thread->saved.sp || thread->saved.sp - call.sp >= CALL_FRAMES_MOST)
        return 0;
    if (ret_word)
        *ret_word = call.arguments[0];
    bool inside = call.arguments[0] - stuck->object < OBJECT_MOST;
    /* A join sleeps on a word of the other thread's descriptor, for which the kernel wakes shared
       futexes; a condition's waiter that was woken sleeps on its mutex. */
    return stuck->kind == WAIT_JOIN || stuck->kind == WAIT_CONDITION || inside;
}
