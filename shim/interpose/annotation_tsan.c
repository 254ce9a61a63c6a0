/*
 * compiler-rt's annotations for locks of the program's own. Between pre_lock and post_lock (and the
 * other pairs) only the lock's implementation runs, and what that touches is not looked at; divert
 * lets through what it calls of others.
 */
#include "interpose/annotation.h"

/* Flags (sanitizer/tsan_interface.h). The others say what a lock forbids, or are hints. */
enum {
    FLAG_READ_LOCK = 1u << 3,
    FLAG_TRY_LOCK = 1u << 4,
    FLAG_TRY_LOCK_FAILED = 1u << 5,
    FLAG_RECURSIVE_LOCK = 1u << 6,
    FLAG_RECURSIVE_UNLOCK = 1u << 7,
};
#define INSIDE (IGNORE_READS | IGNORE_WRITES | IGNORE_SYNC)

void annotate___tsan_acquire(void *address)
{
    annotation_acquire(address);
}

void annotate___tsan_release(void *address)
{
    annotation_release(address);
}

void annotate___tsan_mutex_create(void *lock, unsigned flags)
{
    (void)flags;
    annotation_lock_made(lock, FRAME);
}

void annotate___tsan_mutex_destroy(void *lock, unsigned flags)
{
    (void)flags;
    annotation_lock_gone(lock);
}

void annotate___tsan_mutex_pre_lock(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    annotation_ignore(INSIDE, 1);
}

void annotate___tsan_mutex_post_lock(void *lock, unsigned flags, int recursion)
{
    annotation_ignore(INSIDE, -1);
    if (!(flags & FLAG_TRY_LOCK_FAILED))
        annotation_lock_taken(
            lock, flags & FLAG_READ_LOCK, flags & FLAG_TRY_LOCK,
            flags & FLAG_RECURSIVE_LOCK && recursion > 0 ? (uint32_t)recursion : 1, FRAME);
}

int annotate___tsan_mutex_pre_unlock(void *lock, unsigned flags)
{
    uint32_t times = annotation_lock_giving(lock, flags & FLAG_RECURSIVE_UNLOCK, FRAME);
    annotation_ignore(INSIDE, 1);
    return (int)times;
}

void annotate___tsan_mutex_post_unlock(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    annotation_ignore(INSIDE, -1);
}

void annotate___tsan_mutex_pre_signal(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    annotation_ignore(INSIDE, 1);
}

void annotate___tsan_mutex_post_signal(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    annotation_ignore(INSIDE, -1);
}

void annotate___tsan_mutex_pre_divert(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    annotation_ignore(INSIDE, -1);
}

void annotate___tsan_mutex_post_divert(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    annotation_ignore(INSIDE, 1);
}
