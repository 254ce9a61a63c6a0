/* What holdfast.h calls, as one table behind one exported function. */
#include "holdfast.h"
#include "interpose/annotation.h"

static_assert(HOLDFAST_READS == IGNORE_READS && HOLDFAST_WRITES == IGNORE_WRITES &&
                  HOLDFAST_SYNC == IGNORE_SYNC,
              "passed on as they are");

static void mutex_made(const volatile void *mutex)
{
    annotation_lock_made(mutex, FRAME);
}

static void mutex_acquired(const volatile void *mutex, int flags)
{
    annotation_lock_taken(mutex, flags & HOLDFAST_SHARED, flags & HOLDFAST_TRIED, 1, FRAME);
}

static void mutex_releasing(const volatile void *mutex)
{
    annotation_lock_giving(mutex, false, FRAME);
}

static void ignore(unsigned what, int by)
{
    annotation_ignore(what, by < 0 ? -1 : 1);
}

static void benign(const volatile void *address, size_t size, const char *why)
{
    (void)why;
    annotation_benign(address, size);
}

const struct holdfast_calls *annotate_holdfast_calls(void)
{
    static const struct holdfast_calls calls = {
        .size = sizeof calls,
        .acquire = annotation_acquire,
        .release = annotation_release,
        .mutex_created = mutex_made,
        .mutex_destroyed = annotation_lock_gone,
        .mutex_acquired = mutex_acquired,
        .mutex_releasing = mutex_releasing,
        .ignore = ignore,
        .benign_race = benign,
        .new_memory = annotation_new_memory,
    };
    return &calls;
}
