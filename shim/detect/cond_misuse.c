#include "detect/cond_misuse.h"

#include <pthread.h>
#include <sys/syscall.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "report/finding.h"
#include "report/object.h"
#include "state/stack.h"
#include "state/waiter.h"

static bool judged(const struct sync *condition)
{
    return observing.locks && !(condition->flags & (SYNC_SHARED | SYNC_UNSEEN));
}

static void begin(struct finding *finding, const struct thread *self, const struct sync *condition,
                  const char *what)
{
    finding_begin(finding, KIND_COND_MISUSE, self);
    finding->detail = string_keep(what);
    finding_object(finding, condition);
}

/* Bits of __kind (glibc, nptl/pthreadP.h). */
#define MUTEX_SHARED_BIT  128
#define MUTEX_ELISION_BIT 256

/* The tid of who holds it, 0 nobody, -1 no telling. A mutex under lock elision has no holder; one
   that is just being taken or given has a lock word and no holder. */
static int32_t holder_of(const pthread_mutex_t *mutex)
{
    int kind = __atomic_load_n(&mutex->__data.__kind, __ATOMIC_RELAXED);
    int32_t owner = __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED);
    int32_t lock = __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED);
    if (kind & (MUTEX_SHARED_BIT | MUTEX_ELISION_BIT))
        return -1;
    return owner || !lock ? owner : -1;
}

void cond_misuse_mutex(struct thread *self, const struct sync *condition, uintptr_t mutex,
                       const void *frame)
{
    int32_t holder = judged(condition) ? holder_of((const pthread_mutex_t *)mutex) : -1;
    /* Somebody who is no thread of this process: it was taken before a fork. */
    if (holder < 0 || holder == self->tid ||
        (holder && raw_syscall(SYS_tgkill, recording->pid, holder, 0) != 0))
        return;
    struct finding finding;
    begin(&finding, self, condition,
          holder ? "The wait was made without holding its mutex, which another thread held."
                 : "The wait was made without holding its mutex, which nobody held.");
    finding_stack(&finding, ROLE_HERE, stack_here(self, frame), self->number);
    const struct sync *lock = holder ? sync_find_kind(mutex, SYNC_MUTEX) : NULL;
    if (lock && lock->owner)
        finding_stack(&finding, ROLE_ACQUIRED, lock->owner_stack, lock->owner);
    finding_tell(&finding);
}

void cond_misuse_partner(struct thread *self, const struct sync *condition, uintptr_t mutex,
                         const void *frame)
{
    if (!judged(condition))
        return;
    struct waiters others =
        waiters_of(self, WAIT_CONDITION, condition->address, CONDITION_SIZE, mutex);
    if (!others.asleep)
        return;
    struct finding finding;
    begin(&finding, self, condition, "Two threads wait for it with different mutexes.");
    finding_stack(&finding, ROLE_HERE, stack_here(self, frame), self->number);
    finding_stack(&finding, ROLE_WAITING, others.stack, others.thread);
    finding_tell(&finding);
}

void cond_misuse_ending(struct thread *self, const struct sync *condition, bool initialises,
                        size_t size, uint32_t stack)
{
    if (!judged(condition))
        return;
    struct waiters waiters = waiters_of(self, WAIT_CONDITION, condition->address, size, 0);
    /* Where the kernel does not tell, those who were woken may still be on their way out. */
    if (!waiters.asleep && waiters.unsure <= condition->more->woken)
        return;
    struct finding finding;
    begin(&finding, self, condition,
          initialises ? "It was initialised again while threads waited for it."
                      : "It was destroyed while threads waited for it.");
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    finding_stack(&finding, ROLE_WAITING, waiters.stack, waiters.thread);
    finding_tell(&finding);
}

void cond_misuse_destroyed(struct thread *self, const struct sync *condition, const void *frame)
{
    if (!judged(condition))
        return;
    struct finding finding;
    begin(&finding, self, condition, "It had been destroyed.");
    finding_stack(&finding, ROLE_HERE, stack_here(self, frame), self->number);
    finding_stack(&finding, ROLE_DESTROYED, condition->more->destroyed_stack,
                  condition->more->destroyed_thread);
    finding_tell(&finding);
}

/* The thread still sleeps in the wait that a signal came too early for. */
static void lost(const struct thread *thread, const struct sync *condition)
{
    struct finding finding;
    const struct sync_more *more = condition->more;
    begin(&finding, thread, condition,
          "A wake-up was lost: it was signalled before anybody waited, this wait began afterwards "
          "(nobody else had its mutex in between), and no signal came since.");
    finding.severity = SEVERITY_WARNING;
    /* It may have looked at what was announced and now wait for something else on the same
       condition (the workers of liblzma do): calls do not tell. */
    finding.confidence = CONFIDENCE_POSSIBLE;
    finding_stack(&finding, ROLE_WAITING, thread->row->wait_stack, thread->number);
    finding_stack(&finding, ROLE_SIGNALLED, more->signal_stack, more->signal_thread);
    finding_tell(&finding);
}

void cond_misuse_look(struct thread *self)
{
    if (!observing.locks)
        return;
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        const struct thread_row *row = t->row;
        if (t == self || t->ended || row->wait_deadline ||
            __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) != WAIT_CONDITION)
            continue;
        const struct sync *condition = sync_find_kind(row->wait_object, SYNC_CONDITION);
        if (!condition || !condition->more || condition->more->missed_by != t->number ||
            !judged(condition))
            continue;
        struct waiters waiters =
            waiters_of(self, WAIT_CONDITION, row->wait_object, CONDITION_SIZE, 0);
        if (waiters.asleep + waiters.unsure)
            lost(t, condition);
    }
}
