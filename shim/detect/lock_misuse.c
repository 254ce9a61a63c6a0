#include "detect/lock_misuse.h"

#include <errno.h>

#include "base/recording.h"
#include "report/finding.h"
#include "report/object.h"
#include "state/lock_word.h"
#include "state/place.h"

static void begin(struct finding *finding, enum kind kind, const struct lock_use *use,
                  const char *detail)
{
    finding_begin(finding, kind, use->self);
    finding->detail = string_keep(detail);
    finding_stack(finding, ROLE_HERE, use->stack, use->self->number);
    finding_object(finding, use->lock);
}

static void end(struct finding *finding, const struct lock_use *use, int error)
{
    struct evidence_row *call =
        use->called ? finding_evidence(finding, EVIDENCE_CALL, ROLE_HERE) : NULL;
    if (call) {
        call->string = string_keep(use->called);
        call->a = (uint64_t)error;
    }
    finding_tell(finding);
}

static void add_holder(struct finding *finding, const struct sync *lock)
{
    uint32_t owner = __atomic_load_n(&lock->owner, __ATOMIC_RELAXED);
    if (owner)
        finding_stack(finding, ROLE_ACQUIRED, lock->owner_stack, owner);
}

static bool is_unseen(const struct sync *lock)
{
    return __atomic_load_n(&lock->flags, __ATOMIC_RELAXED) & SYNC_UNSEEN;
}

static uint32_t readers_of(const struct sync *lock)
{
    const struct sync_more *more = __atomic_load_n(&lock->more, __ATOMIC_ACQUIRE);
    return more ? __atomic_load_n(&more->reader_count, __ATOMIC_RELAXED) : 0;
}

static bool is_thread(int32_t tid)
{
    const struct thread *thread = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE);
    while (thread && thread->tid != tid)
        thread = thread->next;
    return thread;
}

static const char *unlock_wrong(const struct lock_use *use, const struct lock_view *view)
{
    const struct sync *lock = use->lock;
    if (view->word == LOCK_WORD_FREE)
        return "Nobody held the lock.";
    if (view->word == LOCK_WORD_UNKNOWN || lock->flags & SYNC_SHARED || is_unseen(lock))
        return NULL;
    /* A number that is no thread's of ours: taken in a fork's parent. */
    if (view->tid)
        return view->tid != use->self->tid && is_thread(view->tid)
                   ? "Another thread holds the lock."
                   : NULL;
    /* Its memory does not say who; all that happened to it was seen. */
    if (lock->owner && lock->owner != use->self->number)
        return "Another thread holds the lock.";
    return readers_of(lock) ? "Only other threads hold the lock, for reading." : NULL;
}

bool lock_misuse_unlock(const struct lock_use *use, bool *ret_ours)
{
    struct lock_view view = lock_word_read(use->lock->address, (enum sync_kind)use->lock->kind);
    *ret_ours = view.word == LOCK_WORD_TAKEN && view.tid == use->self->tid;
    if (*ret_ours || !observing.locks)
        return false;
    const char *wrong = unlock_wrong(use, &view);
    if (!wrong)
        return false;
    struct finding finding;
    begin(&finding, KIND_UNLOCK_MISUSE, use, wrong);
    if (view.word == LOCK_WORD_TAKEN)
        add_holder(&finding, use->lock);
    end(&finding, use, 0);
    return true;
}

void lock_misuse_family(const struct lock_use *use, const struct held *row)
{
    if (!observing.locks)
        return;
    struct finding finding;
    begin(&finding, KIND_UNLOCK_MISUSE, use, "The function is for another kind of lock.");
    finding_stack(&finding, ROLE_ACQUIRED, row->stack, use->self->number);
    end(&finding, use, 0);
}

static const char *error_words(const struct lock_use *use, int error)
{
    switch (error) {
    case EDEADLK:
        return "The thread holds the lock already.";
    case EPERM:
        return "The thread does not hold the lock.";
    case EBUSY:
        return "The lock was still held, or waited for.";
    default:
        return use->lock->flags & SYNC_DESTROYED ? "The lock had been destroyed."
                                                 : "The call was refused as invalid.";
    }
}

void lock_misuse_error(const struct lock_use *use, int error)
{
    if (!observing.locks)
        return;
    struct finding finding;
    begin(&finding, KIND_LOCK_MISUSE, use, error_words(use, error));
    add_holder(&finding, use->lock);
    if (error == EINVAL && use->lock->flags & SYNC_DESTROYED && use->lock->more)
        finding_stack(&finding, ROLE_DESTROYED, use->lock->more->destroyed_stack,
                      use->lock->more->destroyed_thread);
    end(&finding, use, error);
}

void lock_misuse_destroyed(const struct lock_use *use)
{
    const struct sync_more *more = use->lock->more;
    if (!observing.locks || !more)
        return;
    struct finding finding;
    begin(&finding, KIND_LOCK_MISUSE, use, "The lock had been destroyed.");
    finding_stack(&finding, ROLE_DESTROYED, more->destroyed_stack, more->destroyed_thread);
    end(&finding, use, 0);
}

/* Does anybody hold it, by our books and by its memory? */
static bool is_held(const struct sync *lock)
{
    if (is_unseen(lock) || !(lock->owner || readers_of(lock)))
        return false;
    return lock_word_read(lock->address, (enum sync_kind)lock->kind).word == LOCK_WORD_TAKEN;
}

/* Does a thread wait for it, in its row? Asked only where the count says that one may. */
static bool is_waited_for(const struct sync *lock)
{
    if (!lock->more || !__atomic_load_n(&lock->more->waiters, __ATOMIC_RELAXED))
        return false;
    const struct thread *thread = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE);
    for (; thread; thread = thread->next) {
        uint32_t kind = __atomic_load_n(&thread->row->wait_kind, __ATOMIC_ACQUIRE);
        if (!thread->ended && kind >= WAIT_MUTEX && kind <= WAIT_SPIN &&
            thread->row->wait_object == lock->address)
            return true;
    }
    return false;
}

/* Memory that only the program's own variables use. Elsewhere an allocator of the program's own may
   have put something new there without a destroy. */
static bool is_variable(const struct lock_use *use)
{
    const char *module = NULL;
    return place_of(use->self, use->lock->address, &module) == PLACE_GLOBAL;
}

void lock_misuse_initialising(const struct lock_use *use)
{
    const struct sync *lock = use->lock;
    if (!observing.locks || is_unseen(lock) || lock->flags & SYNC_SHARED)
        return;
    bool held = is_held(lock), waited = is_waited_for(lock);
    if (!held && !waited && !is_variable(use))
        return;
    struct finding finding;
    begin(&finding, KIND_LOCK_MISUSE, use,
          held     ? "The lock was initialised while it was held."
          : waited ? "The lock was initialised while a thread waited for it."
                   : "The lock had been initialised or used before, and was not destroyed since.");
    if (held)
        add_holder(&finding, lock);
    end(&finding, use, 0);
}

bool lock_misuse_destroying(const struct lock_use *use)
{
    const struct sync *lock = use->lock;
    bool held = is_held(lock), waited = is_waited_for(lock);
    /* Of these the call itself says so. */
    if ((!held && !waited) || lock->kind == SYNC_MUTEX)
        return held || waited;
    if (!observing.locks || lock->flags & SYNC_SHARED)
        return true;
    struct finding finding;
    begin(&finding, KIND_LOCK_MISUSE, use,
          held ? "The lock was destroyed while it was held."
               : "The lock was destroyed while a thread waited for it.");
    add_holder(&finding, lock);
    end(&finding, use, 0);
    return true;
}

void lock_misuse_gone(const struct lock_use *use)
{
    const struct sync *lock = use->lock;
    if (!observing.locks || lock->flags & (SYNC_SHARED | SYNC_DESTROYED) || is_unseen(lock) ||
        !(lock->owner || readers_of(lock)))
        return;
    struct finding finding;
    begin(&finding, KIND_LOCK_MISUSE, use,
          "The memory of the lock was given up while it was held.");
    add_holder(&finding, lock);
    end(&finding, use, 0);
}
