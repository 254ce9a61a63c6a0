#include "detect/deadlock.h"

#include "detect/deadlock_nobody.h"
#include "detect/deadlock_tell.h"
#include "detect/deadlock_wait.h"

#define CIRCLE_MOST 128u
#define STEPS_MOST  10000u /* of one search: read-write locks have many holders */

/* A thread that is on its way into its wait gets this long to fall asleep there. */
#define PATIENCE_NS 300000000u

struct circle {
    struct thread *path[CIRCLE_MOST];
    uint32_t count; /* 0: none */
};

static bool is_on(struct thread *const *path, uint32_t depth, const struct thread *thread)
{
    for (uint32_t i = 0; i <= depth; i++)
        if (path[i] == thread)
            return true;
    return false;
}

/* The naive search: down to any holder that waits too, until that is self. */
static void find(const struct thread *self, struct circle *ret)
{
    struct thread *at[CIRCLE_MOST]; /* the holder that was looked at last, at each depth */
    uint32_t depth = 0;
    at[0] = NULL;
    for (uint32_t steps = 0; steps < STEPS_MOST; steps++) {
        struct stuck stuck;
        struct thread *holder = NULL;
        if (stuck_of(self, ret->path[depth], &stuck)) {
            if (!at[depth])
                stuck_look_closer(self, &stuck);
            holder = stuck_holder(&stuck, at[depth]);
        }
        at[depth] = holder;
        if (holder == self) {
            ret->count = depth + 1;
            return;
        }
        if (!holder && depth-- == 0)
            return;
        if (holder && depth + 1 < CIRCLE_MOST && !is_on(ret->path, depth, holder)) {
            ret->path[++depth] = holder;
            at[depth] = NULL;
        }
    }
}

/* Each waits still for what the next one holds. ret_asleep: the others all sleep. */
static bool holds(const struct thread *self, const struct circle *circle, bool *ret_asleep)
{
    *ret_asleep = true;
    for (uint32_t i = 0; i < circle->count; i++) {
        struct stuck stuck;
        if (!stuck_of(self, circle->path[i], &stuck))
            return false;
        stuck_look_closer(self, &stuck);
        if (!stuck_held_by(&stuck, circle->path[(i + 1) % circle->count]))
            return false;
        if (stuck.thread != self && stuck_asleep(&stuck, NULL) != 1)
            *ret_asleep = false;
    }
    return true;
}

/* A thread may be on its way into its wait, or out of it: then it either falls asleep or lets the
   circle go. We are to wait for good if it is true, so waiting here a little harms nobody. */
static bool confirm(struct thread *self, const struct circle *circle, bool *ret_asleep)
{
    struct patience patience = {0};
    while (holds(self, circle, ret_asleep))
        if (*ret_asleep || patience.passed >= PATIENCE_NS)
            return true;
        else if (!patience_nap(&patience, self))
            return false;
    return false;
}

/* Out of line: its frame is not part of every wait's. */
static __attribute__((noinline)) bool look_for_circle(struct thread *self)
{
    struct circle circle;
    bool asleep;
    circle.path[0] = self;
    circle.count = 0;
    find(self, &circle);
    if (!circle.count)
        return false;
    __atomic_store_n(&self->looks, true, __ATOMIC_RELAXED);
    bool confirmed = confirm(self, &circle, &asleep);
    __atomic_store_n(&self->looks, false, __ATOMIC_RELAXED);
    if (!confirmed)
        return false;
    deadlock_tell(self, circle.path, circle.count, 0,
                  asleep ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
    return true;
}

void deadlock_look(struct thread *self)
{
    struct stuck stuck;
    if (!observing.locks || !stuck_of(self, self, &stuck))
        return;
    /* Our wait is published before we read others': of two that begin at once, one sees both. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (stuck_holder(&stuck, NULL) && look_for_circle(self))
        return;
    deadlock_nobody_left(self, false);
}

void deadlock_thread_ends(struct thread *self)
{
    if (!observing.locks)
        return;
    __atomic_store_n(&self->past_destructors, true, __ATOMIC_SEQ_CST);
    deadlock_over(self);
    deadlock_nobody_left(self, true);
}

void deadlock_went_on(struct thread *self)
{
    deadlock_over(self);
}

void deadlock_process_ends(void)
{
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next)
        if (t->deadlock && !__atomic_load_n(&t->waiting, __ATOMIC_RELAXED))
            deadlock_over(t);
}

void deadlock_after_fork(void)
{
    deadlock_nobody_after_fork();
    deadlock_tell_after_fork();
}
