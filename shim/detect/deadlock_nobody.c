/*
 * Everybody waits. One thread that does not wait, or waits for something from outside (input, time,
 * signals, children), is enough for silence: it may serve all others. So are a thread that we do
 * not know (the kernel counts more than we do), an object that other processes share, a semaphore
 * that a signal handler may post.
 *
 * Pools hand work to and fro, and then everybody is marked as waiting for a moment: the one that
 * was woken has not run yet. Its object's memory tells that cheaply; only when no object does is
 * the kernel asked, thread by thread.
 */
#include "detect/deadlock_nobody.h"

#include <signal.h>
#include <sys/stat.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "detect/deadlock_tell.h"
#include "detect/deadlock_wait.h"
#include "format/tables.h"
#include "state/signals.h"
#include "state/sync.h"

#define TOLD_MOST 16u

/* A thread on its way into its wait gets this long to fall asleep there. */
#define PATIENCE_NS 250000000u
#define SURE_NS     60000000u /* all seemed stuck for so long */

/* One that may serve others; checked again each time. Any thread. */
static struct thread *free_thread;

static bool task_exists(const struct thread *thread)
{
    return raw_syscall(SYS_tgkill, recording->pid, thread->tid, 0) == 0;
}

/* Gone for the program: nothing of it runs any more. */
static inline bool is_gone(const struct thread *thread)
{
    return thread->ended &&
           (__atomic_load_n(&thread->past_destructors, __ATOMIC_RELAXED) || !task_exists(thread));
}

static inline bool is_free(const struct thread *self, struct thread *thread)
{
    struct stuck stuck;
    return !is_gone(thread) && !stuck_of(self, thread, &stuck);
}

/* True when somebody is, whom we then remember. */
static bool anybody_free(struct thread *self)
{
    struct thread *known = __atomic_load_n(&free_thread, __ATOMIC_RELAXED);
    if (known && known != self && !known->ended && is_free(self, known))
        return true;
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next)
        if (t != self && is_free(self, t)) {
            __atomic_store_n(&free_thread, t, __ATOMIC_RELAXED);
            return true;
        }
    return false;
}

/* The kernel has tasks of this process that are none of our threads. */
static bool strangers(void)
{
    struct stat tasks;
    uint64_t count = 0;
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next)
        if (!t->ended || task_exists(t))
            count++;
    /* Links of the folder: one each, and two (fs/proc/base.c, proc_task_getattr). */
    return raw_syscall(SYS_stat, "/proc/self/task", &tasks) != 0 || tasks.st_nlink > count + 2;
}

/* The kernel's struct sigaction. */
struct kernel_action {
    signal_handler *handler;
    uint64_t flags;
    void *restorer;
    uint64_t mask;
};

/* The program catches a signal that may come from outside. */
static bool catches_signals(void)
{
    for (int signal = 1; signal < NSIG; signal++) {
        struct kernel_action action = {0};
        if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
            signal == SIGTRAP || signal == SIGSYS || signal == SIGABRT)
            continue;
        if (signal == 32 || signal == 33) /* glibc's own: SIGCANCEL, SIGSETXID */
            continue;
        if (raw_syscall(SYS_rt_sigaction, signal, NULL, &action, 8) == 0 &&
            (uintptr_t)action.handler > (uintptr_t)SIG_IGN &&
            action.handler != signals_stand_in(signal))
            return true;
    }
    return false;
}

/* Who waits so is about to give up the mutex of its condition, and another one waits for it. */
static bool hands_over(const struct stuck *mine, const struct stuck *other, uintptr_t word)
{
    const struct thread *self = mine->thread;
    if (mine->kind != WAIT_CONDITION)
        return false;
    struct stuck mutex = *other;
    if (other->kind == WAIT_CONDITION && word) {
        mutex.kind = WAIT_MUTEX;
        mutex.object = word;
    }
    const struct sync *sync = sync_find(mutex.object);
    bool kept = sync && sync->owner == self->number; /* told to be given up before the wait */
    return mutex.kind == WAIT_MUTEX && !kept && stuck_held_by(&mutex, self);
}

enum verdict { GOES_ON, NOT_YET, STUCK };

/* Is this other thread asleep, and nobody there to wake it? */
static enum verdict look_at(const struct stuck *mine, const struct stuck *other)
{
    uintptr_t word = 0;
    int asleep = stuck_asleep(other, &word);
    if (asleep < 0)
        return GOES_ON; /* the kernel does not say */
    if (!asleep)
        return NOT_YET;
    return mine && hands_over(mine, other, word) ? GOES_ON : STUCK;
}

/* Others that look like us have not given up their mutexes either. */
static bool others_hand_over(const struct thread *self)
{
    struct stuck looker, other;
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        if (t == self || !t->looks || !stuck_of(self, t, &looker))
            continue;
        for (struct thread *o = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); o; o = o->next)
            if (o != t && stuck_of(self, o, &other) && hands_over(&looker, &other, 0))
                return true;
    }
    return false;
}

struct look {
    struct thread *self;
    const struct stuck *mine; /* NULL: it is at its end */
    struct thread *told[TOLD_MOST];
    uint32_t count, threads;
    bool posted, marked; /* some wait for what a signal handler may post; are told of already */
};

/* Nobody of the others seems to go on, says memory. ret_waits: how often they have begun to wait.
 */
static bool all_seem_stuck(const struct look *look, uint64_t *ret_waits)
{
    uint64_t asked = 0, waits = 0;
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        struct stuck stuck;
        if (t == look->self || is_gone(t))
            continue;
        if (!stuck_of(look->self, t, &stuck))
            return false;
        waits += stuck.count;
        if (stuck.object == asked && stuck.kind != WAIT_MUTEX && stuck.kind != WAIT_BARRIER)
            continue; /* a pool on one condition */
        asked = stuck.object;
        if (stuck_let_go(&stuck) || stuck_is_shared(&stuck))
            return false;
    }
    *ret_waits = waits;
    return true;
}

static enum verdict all_asleep(struct look *look)
{
    look->count = look->threads = 0;
    look->posted = look->marked = false;
    if (look->mine) {
        look->told[look->count++] = look->self;
        look->threads = 1;
        look->posted = look->mine->kind == WAIT_SEMAPHORE;
    }
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        struct stuck stuck;
        if (t == look->self || is_gone(t))
            continue;
        if (!stuck_of(look->self, t, &stuck))
            return GOES_ON;
        enum verdict verdict = look_at(look->mine, &stuck);
        if (verdict != STUCK)
            return verdict;
        if (stuck.kind == WAIT_SEMAPHORE || stuck.kind == WAIT_FUTEX)
            look->posted = true;
        if (t->row->flags & THREAD_DEADLOCKED)
            look->marked = true;
        look->threads++;
        if (look->count < TOLD_MOST)
            look->told[look->count++] = t;
    }
    return STUCK;
}

/* If all were asleep at some time, and none began another wait between a time before the first of
   these and a time after the last, then nobody was awake to wake anybody; but who went to sleep at
   a condition gave up a mutex, which memory shows. */
static enum verdict look_once(struct look *look)
{
    uint64_t before, after;
    if (!all_seem_stuck(look, &before) || strangers())
        return GOES_ON;
    enum verdict verdict = all_asleep(look);
    if (verdict != STUCK)
        return verdict;
    if (!all_seem_stuck(look, &after))
        return GOES_ON;
    if (before != after)
        return NOT_YET;
    if (others_hand_over(look->self))
        return GOES_ON;
    return look->mine && stuck_would_pass(look->mine) ? GOES_ON : STUCK;
}

/* Nobody is disturbed: if it is true we are to wait for good, and each step of another thread ends
   this. One look is not enough: the kernel calls a thread asleep until the processor that shall run
   it has heard that it was woken (TASK_WAKING), which takes milliseconds where that is a virtual
   one. */
static bool confirm(struct look *look)
{
    struct patience patience = {0};
    uint64_t sure_from = 0;
    while (patience.passed < PATIENCE_NS) {
        enum verdict verdict = look_once(look);
        if (verdict == GOES_ON)
            return false;
        if (verdict != STUCK)
            sure_from = patience.passed;
        else if (patience.passed - sure_from >= SURE_NS)
            return true;
        if (!patience_nap(&patience, look->self))
            return false;
    }
    return false;
}

static __attribute__((noinline)) void look_closely(struct thread *self, bool ends)
{
    struct stuck mine;
    struct look look = {.self = self};
    if (!ends) {
        if (!stuck_of(self, self, &mine) || stuck_would_pass(&mine) || stuck_is_shared(&mine))
            return;
        /* A handler may post it: nothing would be told, so nobody waits for certainty. */
        if (mine.kind == WAIT_SEMAPHORE && catches_signals())
            return;
        look.mine = &mine;
    }
    __atomic_store_n(&self->looks, true, __ATOMIC_RELAXED);
    bool confirmed = confirm(&look);
    __atomic_store_n(&self->looks, false, __ATOMIC_RELAXED);
    if (!confirmed || !look.count)
        return;
    bool caught = catches_signals();
    /* Marked: the cause was told already, and the others wait for threads that are in it. */
    if (!look.marked && !(caught && look.posted))
        deadlock_tell(self, look.told, look.count, look.threads,
                      caught ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
}

void deadlock_nobody_after_fork(void)
{
    free_thread = NULL;
}

void deadlock_nobody_left(struct thread *self, bool ends)
{
    if (!anybody_free(self))
        look_closely(self, ends);
}
