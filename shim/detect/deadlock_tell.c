#include "detect/deadlock_tell.h"

#include "base/recording.h"
#include "base/say.h"
#include "base/text.h"
#include "base/word_lock.h"
#include "detect/deadlock_wait.h"
#include "report/finding.h"
#include "state/environment.h"
#include "state/place.h"
#include "state/sync.h"
#include "state/task.h"

#define SHOWN_MOST 12u /* threads, with up to three pieces each */

static uint32_t variable_module(const struct thread *self, uint64_t address)
{
    const char *module = NULL;
    return place_of(self, address, &module) == PLACE_GLOBAL ? string_keep(module) : 0;
}

/* Where the holder took what is waited for. The holder waits, so its list of locks rests. */
static void add_lock(struct finding *finding, const struct stuck *stuck,
                     const struct thread *holder)
{
    const struct sync *sync = stuck->kind == WAIT_JOIN ? NULL : sync_find(stuck->object);
    if (!sync)
        return;
    for (uint32_t i = 0; i < holder->held.count; i++) {
        const struct held *row = &holder->held.rows[i];
        if (row->lock != sync || row->id != sync->id)
            continue;
        struct evidence_row *lock = finding_evidence(finding, EVIDENCE_LOCK, ROLE_HELD);
        lock->thread = holder->number;
        lock->stack = row->stack;
        lock->a = sync->address;
        lock->b = sync->kind | (uint64_t)row->mode << 16 | (uint64_t)row->id << 32;
        lock->c = sync->init_stack;
        return;
    }
}

static void add_thread(struct finding *finding, const struct thread *self, struct thread *thread,
                       const struct thread *next)
{
    struct stuck stuck;
    task_name(thread->row);
    if (!stuck_of(self, thread, &stuck))
        return;
    stuck_look_closer(self, &stuck);
    struct evidence_row *wait = finding_evidence(finding, EVIDENCE_WAIT, ROLE_WAITING);
    wait->thread = thread->number;
    wait->a = stuck.object;
    wait->b = stuck.kind;
    wait->c = stuck.since;
    if (wait_info(stuck.kind)->object == OBJECT_ADDRESS)
        wait->string = variable_module(self, stuck.object);
    finding_stack(finding, ROLE_WAITING, stuck.stack, thread->number);
    const struct thread *holder = next ? next : stuck_holder(&stuck, NULL);
    if (holder)
        add_lock(finding, &stuck, holder);
}

/* "thread 2 (worker), thread 3 and 4 more" */
static void add_names(struct text *text, struct thread *const *threads, uint32_t count,
                      uint32_t all)
{
    uint32_t named = count < 4 ? count : 4;
    for (uint32_t i = 0; i < named; i++) {
        text_add(text, i == 0 ? "" : i + 1 == all ? " and " : ", ");
        text_add(text, threads[i]->row->flags & THREAD_MAIN ? "the main thread" : "thread ");
        if (!(threads[i]->row->flags & THREAD_MAIN))
            text_add_number(text, threads[i]->number);
    }
    if (all > named) {
        text_add(text, " and ");
        text_add_number(text, all - named);
        text_add(text, " more");
    }
}

/* Under `holdfast run` the launcher reads it from the recording. */
static void say_urgent(const char *line)
{
    uint32_t *urgent_text = &recording->urgent_text[recording->urgent % URGENT_MOST];
    *urgent_text = string_keep(line);
    /* Publishes the sentence. Pairs with the launcher, which reads the file. Two at once may leave
       one sentence for both: it says that something is to be seen. */
    __atomic_fetch_add(&recording->urgent, 1, __ATOMIC_RELEASE);
    if (!environment.launched)
        say(line);
}

static void say_it(struct thread *const *threads, uint32_t count, uint32_t all)
{
    char line[256];
    struct text text = text_in(line, sizeof line);
    uint32_t number = all ? all : count;
    text_add(&text, !all && count == 1 ? "self-deadlock: " : "deadlock: ");
    add_names(&text, threads, count, number);
    if (!all && count == 1)
        text_add(&text, " waits for a lock that it holds");
    else if (!all)
        text_add(&text, " wait for each other");
    else
        text_add(&text, number == 1 ? " waits, and nobody is left to wake it"
                                    : " wait, and nobody is left to wake them");
    text_add(&text, "; to see where: holdfast report ");
    text_add_number(&text, (uint64_t)recording->pid);
    say_urgent(line);
}

/* Where the list begins must not depend on who found it. */
static uint32_t least_number(struct thread *const *threads, uint32_t count)
{
    uint32_t least = 0;
    for (uint32_t i = 1; i < count; i++)
        if (threads[i]->number < threads[least]->number)
            least = i;
    return least;
}

/* Over thread->deadlock of all threads: what is told is marked, or over, as a whole. */
static uint32_t lock;

/* False when the thread is out of its wait already. */
static bool mark(struct thread *thread, uint32_t deadlock)
{
    uintptr_t waiting = __atomic_load_n(&thread->waiting, __ATOMIC_RELAXED);
    __atomic_fetch_or(&thread->row->flags, THREAD_DEADLOCKED, __ATOMIC_RELAXED);
    __atomic_store_n(&thread->deadlock, deadlock, __ATOMIC_RELAXED);
    /* Either it comes out of its wait with our mark, or we see that it is out. Pairs with the
       exchange in wait_end. */
    while (waiting &&
           !__atomic_compare_exchange_n(&thread->waiting, &waiting, waiting | WAITING_TOLD, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        ;
    return waiting != 0;
}

/* lock held. */
static void end_of(uint32_t deadlock, const struct thread *by)
{
    char line[160];
    struct text text = text_in(line, sizeof line);
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next)
        if (t->deadlock == deadlock) {
            __atomic_store_n(&t->deadlock, 0, __ATOMIC_RELAXED);
            __atomic_fetch_and(&t->row->flags, ~(uint32_t)THREAD_DEADLOCKED, __ATOMIC_RELAXED);
        }
    text_add(&text, "The threads waited so, but not for ever: ");
    text_add(&text, by->row->flags & THREAD_MAIN ? "the main thread" : "thread ");
    if (!(by->row->flags & THREAD_MAIN))
        text_add_number(&text, by->number);
    text_add(&text, " went on later.");
    finding_resolved(finding_row(deadlock - 1), string_keep(line));
}

static void say_over(void)
{
    say_urgent("the deadlock is over, one of its threads went on: it is a note in the report");
}

void deadlock_over(struct thread *self)
{
    word_lock_take(&lock);
    bool told = self->deadlock != 0;
    if (told)
        end_of(self->deadlock, self);
    word_lock_give(&lock);
    if (told)
        say_over();
}

void deadlock_tell_after_fork(void)
{
    lock = 0;
    for (struct thread *t = thread_list; t; t = t->next)
        t->deadlock = t->looks = 0;
}

/* What the pieces do not say. */
static uint32_t detail(uint32_t count, uint32_t all)
{
    char line[128];
    struct text text = text_in(line, sizeof line);
    if (!all && count == 1)
        return 0;
    if (all == 1)
        text_add(&text, "The process has no other thread, so nobody is left to wake it.");
    if (all == 1)
        return string_keep(line);
    text_add_number(&text, all ? all : count);
    text_add(&text, all ? " threads are all that is left of the process; nobody can wake them."
                        : " threads wait for each other, each for what the next one holds.");
    return string_keep(line);
}

/* The threads of a told deadlock. When all wait, these are all; else only the circle. Returns one
   that has gone on meanwhile. */
static struct thread *mark_all(struct thread *const *threads, uint32_t count, bool everybody,
                               uint32_t deadlock)
{
    struct thread *gone = NULL;
    for (uint32_t i = 0; i < count; i++)
        if (!mark(threads[i], deadlock))
            gone = threads[i];
    for (struct thread *t = everybody ? __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE) : NULL; t;
         t = t->next)
        if (!t->ended && !t->deadlock && __atomic_load_n(&t->waiting, __ATOMIC_RELAXED) &&
            !mark(t, deadlock))
            gone = t;
    return gone;
}

static bool told_already(struct thread *const *threads, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (threads[i]->deadlock)
            return true;
    return false;
}

void deadlock_tell(const struct thread *self, struct thread *const *threads, uint32_t count,
                   uint32_t all, enum confidence confidence)
{
    uint32_t first = least_number(threads, count);
    struct finding finding;
    finding_begin(&finding, !all && count == 1 ? KIND_SELF_DEADLOCK : KIND_DEADLOCK, self);
    finding.confidence = (uint8_t)confidence;
    finding.detail = detail(count, all);
    for (uint32_t i = 0; i < count && i < SHOWN_MOST; i++)
        add_thread(&finding, self, threads[(first + i) % count],
                   all ? NULL : threads[(first + i + 1) % count]);
    word_lock_take(&lock);
    /* By another of them, at the same time. */
    struct finding_row *row = told_already(threads, count) ? NULL : finding_tell(&finding);
    struct thread *gone = NULL;
    if (row) {
        uint32_t deadlock = finding_number(row) + 1;
        gone = mark_all(threads, count, all != 0, deadlock);
        if (gone)
            end_of(deadlock, gone);
    }
    word_lock_give(&lock);
    if (row && !gone)
        say_it(threads, count, all);
}
