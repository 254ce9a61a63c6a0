/* dynamic_annotations.h: Annotate*, and WebKit's names for the same. The program's file and line
   say nothing that a stack does not. */
#include "interpose/annotation.h"

#define PLACE  const char *file, int line
#define UNUSED (void)file, (void)line

#define EDGE(name, half)                                                                           \
    void annotate_##name(PLACE, const volatile void *address)                                      \
    {                                                                                              \
        UNUSED;                                                                                    \
        annotation_##half(address);                                                                \
    }
EDGE(AnnotateHappensBefore, release)
EDGE(AnnotateHappensAfter, acquire)
EDGE(WTFAnnotateHappensBefore, release)
EDGE(WTFAnnotateHappensAfter, acquire)
EDGE(AnnotateCondVarSignal, release)
EDGE(AnnotateCondVarSignalAll, release)
EDGE(AnnotatePCQPut, release)
EDGE(AnnotatePCQGet, acquire)

void annotate_AnnotateCondVarWait(PLACE, const volatile void *condition, const volatile void *lock)
{
    UNUSED, (void)lock;
    annotation_acquire(condition);
}

void annotate_AnnotateRWLockCreate(PLACE, const volatile void *lock)
{
    UNUSED;
    annotation_lock_made(lock, FRAME);
}

void annotate_AnnotateRWLockCreateStatic(PLACE, const volatile void *lock)
{
    UNUSED;
    annotation_lock_made(lock, FRAME);
}

void annotate_AnnotateRWLockDestroy(PLACE, const volatile void *lock)
{
    UNUSED;
    annotation_lock_gone(lock);
}

void annotate_AnnotateRWLockAcquired(PLACE, const volatile void *lock, long writes)
{
    UNUSED;
    annotation_lock_taken(lock, !writes, false, 1, FRAME);
}

void annotate_AnnotateRWLockReleased(PLACE, const volatile void *lock, long writes)
{
    UNUSED, (void)writes;
    annotation_lock_giving(lock, false, FRAME);
}

#define IGNORE(name, what, by)                                                                     \
    void annotate_##name(PLACE)                                                                    \
    {                                                                                              \
        UNUSED;                                                                                    \
        annotation_ignore(what, by);                                                               \
    }
IGNORE(AnnotateIgnoreReadsBegin, IGNORE_READS, 1)
IGNORE(AnnotateIgnoreReadsEnd, IGNORE_READS, -1)
IGNORE(AnnotateIgnoreWritesBegin, IGNORE_WRITES, 1)
IGNORE(AnnotateIgnoreWritesEnd, IGNORE_WRITES, -1)
IGNORE(AnnotateIgnoreSyncBegin, IGNORE_SYNC, 1)
IGNORE(AnnotateIgnoreSyncEnd, IGNORE_SYNC, -1)

/* Without a size it is about what begins there. */
void annotate_AnnotateBenignRace(PLACE, const volatile void *address, const char *why)
{
    UNUSED, (void)why;
    annotation_benign(address, 1);
}

void annotate_AnnotateBenignRaceSized(PLACE, const volatile void *address, size_t size,
                                      const char *why)
{
    UNUSED, (void)why;
    annotation_benign(address, size);
}

void annotate_WTFAnnotateBenignRaceSized(PLACE, const volatile void *address, size_t size,
                                         const char *why)
{
    UNUSED, (void)why;
    annotation_benign(address, size);
}

void annotate_AnnotateNewMemory(PLACE, const volatile void *address, size_t size)
{
    UNUSED;
    annotation_new_memory(address, size);
}

void annotate_AnnotateThreadName(PLACE, const char *name)
{
    UNUSED;
    annotation_thread_name(name);
}

#define NOTHING(name, ...)                                                                         \
    void annotate_##name(__VA_ARGS__)                                                              \
    {                                                                                              \
        UNUSED;                                                                                    \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
NOTHING(AnnotateMutexIsUsedAsCondVar, PLACE, const volatile void *mutex)
NOTHING(AnnotateMutexIsNotPHB, PLACE, const volatile void *mutex)
NOTHING(AnnotatePCQCreate, PLACE, const volatile void *queue)
NOTHING(AnnotatePCQDestroy, PLACE, const volatile void *queue)
NOTHING(AnnotatePublishMemoryRange, PLACE, const volatile void *address, size_t size)
NOTHING(AnnotateUnpublishMemoryRange, PLACE, const volatile void *address, size_t size)
NOTHING(AnnotateExpectRace, PLACE, const volatile void *address, const char *why)
NOTHING(AnnotateFlushExpectedRaces, PLACE)
NOTHING(AnnotateTraceMemory, PLACE, const volatile void *address)
NOTHING(AnnotateNoOp, PLACE, const volatile void *address)
NOTHING(AnnotateEnableRaceDetection, PLACE, int enable)
NOTHING(AnnotateFlushState, PLACE)
NOTHING(AnnotateMemoryIsInitialized, PLACE, const volatile void *address, size_t size)
NOTHING(AnnotateMemoryIsUninitialized, PLACE, const volatile void *address, size_t size)
