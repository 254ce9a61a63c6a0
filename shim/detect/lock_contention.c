#include "detect/lock_contention.h"

#include "base/memory.h"
#include "base/recording.h"
#include "base/text.h"
#include "base/word_lock.h"
#include "report/finding.h"

#define KEPT 20u

struct sum {
    uintptr_t address;
    uint32_t kind, id, init_stack, waiter_stack, waiter_thread;
    uint64_t waits, waited, longest;
};

static struct sum kept[KEPT]; /* the most waited for; under lock */
static uint32_t lock;

static void keep(const struct sum *sum)
{
    word_lock_take(&lock);
    struct sum *least = &kept[0];
    for (uint32_t i = 1; i < KEPT; i++)
        if (kept[i].waited < least->waited)
            least = &kept[i];
    if (sum->waited > least->waited)
        *least = *sum;
    word_lock_give(&lock);
}

void lock_contention_keep(const struct sync *sync)
{
    const struct sync_more *more = __atomic_load_n(&sync->more, __ATOMIC_ACQUIRE);
    if (!more || !__atomic_load_n(&more->waits, __ATOMIC_RELAXED) || sync->world != vclock_world)
        return;
    struct sum sum = {.address = sync->address,
                      .kind = sync->kind,
                      .id = sync->id,
                      .init_stack = sync->init_stack,
                      .waiter_stack = more->waiter_stack,
                      .waiter_thread = more->waiter_thread,
                      .waits = more->waits,
                      .waited = more->waited,
                      .longest = more->longest};
    keep(&sum);
}

static void add_time(struct text *text, uint64_t ns)
{
    const char *unit = ns < 10000000 ? " us" : " ms";
    text_add_number(text, ns / (ns < 10000000 ? 1000 : 1000000));
    text_add(text, unit);
}

static void tell(struct thread *self, const struct sum *sum)
{
    char words[160];
    struct text text = text_in(words, sizeof words);
    text_add(&text, "Threads waited for it ");
    text_add_number(&text, sum->waits);
    text_add(&text, sum->waits == 1 ? " time, " : " times, ");
    add_time(&text, sum->waited);
    text_add(&text, " together, the longest ");
    add_time(&text, sum->longest);
    text_add(&text, ".");
    struct finding finding;
    finding_begin(&finding, KIND_LOCK_CONTENTION, self);
    finding.detail = string_keep(words);
    struct evidence_row *what = finding_evidence(&finding, EVIDENCE_LOCK, ROLE_HERE);
    what->a = sum->address;
    what->b = sum->kind | (uint64_t)sum->id << 32;
    what->c = sum->init_stack;
    finding_stack(&finding, ROLE_WAITING, sum->waiter_stack, sum->waiter_thread);
    finding_tell(&finding);
}

static void visit(struct sync *sync, void *with)
{
    lock_contention_keep(sync);
}

void lock_contention_look(struct thread *self)
{
    if (!observing.locks)
        return;
    sync_each(visit, NULL);
    for (;;) {
        struct sum *most = &kept[0];
        for (uint32_t i = 1; i < KEPT; i++)
            if (kept[i].waited > most->waited)
                most = &kept[i];
        if (!most->waited)
            return;
        tell(self, most);
        most->waited = 0;
    }
}

void lock_contention_after_fork(void)
{
    mem_clear(kept, sizeof kept);
    lock = 0;
}
