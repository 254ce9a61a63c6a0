#include "detect/fork_hazard.h"

#include <pthread.h>

#include "report/finding.h"
#include "state/depot.h"

#define HAZARDS_MOST 32u /* locks; of more the first are known */

struct hazard {
    struct sync *lock;
    uint32_t id, mode;
    int32_t tid;    /* of the holder, in the parent */
    uint32_t stack; /* where it took the lock, in this process's recording */
    struct stack_frames frames;
};
static struct hazard hazards[HAZARDS_MOST]; /* written while the child has one thread */
uint32_t fork_hazard_count;

static void add(const struct thread *holder, const struct held *row,
                const struct recording_view *parent)
{
    if (fork_hazard_count == HAZARDS_MOST || !held_is_so(holder, row) ||
        row->lock->flags & SYNC_SHARED)
        return;
    struct hazard *hazard = &hazards[fork_hazard_count++];
    hazard->lock = row->lock;
    hazard->id = row->id;
    hazard->mode = row->mode;
    hazard->tid = holder->tid;
    depot_copy(parent, row->stack, &hazard->frames);
}

void fork_hazard_gather(const struct thread *self, const struct recording_view *parent)
{
    for (const struct thread *t = thread_list; t; t = t->next)
        for (uint32_t i = 0; t != self && !t->ended && i < t->held.count; i++)
            add(t, &t->held.rows[i], parent);
}

void fork_hazard_keep(void)
{
    for (uint32_t i = 0; i < fork_hazard_count; i++)
        hazards[i].stack = hazards[i].frames.count ? depot_add(&hazards[i].frames) : 0;
}

/* Its memory says that the lost thread holds it still: the lock was not made anew in a way that we
   did not see, nor released by somebody. */
static bool is_held(const struct hazard *hazard)
{
    const void *object = (const void *)hazard->lock->address;
    if (hazard->lock->kind == SYNC_MUTEX)
        return ((const pthread_mutex_t *)object)->__data.__owner == hazard->tid;
    if (hazard->lock->kind == SYNC_RWLOCK && hazard->mode == HELD_WRITE)
        return ((const pthread_rwlock_t *)object)->__data.__cur_writer == hazard->tid;
    return !hazard->lock->owner;
}

void fork_hazard_wait_slow(const struct thread *self, const struct sync *lock, uint32_t here)
{
    const struct hazard *hazard = hazards;
    while (hazard < hazards + fork_hazard_count &&
           (hazard->lock != lock || hazard->id != lock->id || !is_held(hazard)))
        hazard++;
    if (hazard == hazards + fork_hazard_count)
        return;
    struct finding finding;
    finding_begin(&finding, KIND_FORK_HAZARD, self);
    finding.detail = string_keep("The lock is held by a thread of the parent process that does not "
                                 "exist in this one.");
    finding_stack(&finding, ROLE_HERE, here, self->number);
    struct evidence_row *row = finding_evidence(&finding, EVIDENCE_LOCK, ROLE_HELD);
    row->stack = hazard->stack;
    row->a = lock->address;
    row->b = lock->kind | (uint64_t)hazard->mode << 16 | (uint64_t)lock->id << 32;
    finding_tell(&finding);
}
