/* Annotations as programs see them: weak, so that a run without holdfast has none. */
#ifndef HOLDFAST_TESTS_ANNOTATE_H
#define HOLDFAST_TESTS_ANNOTATE_H

#include <stddef.h>

#include "../../shim/holdfast.h"

#define WEAK __attribute__((weak))
WEAK void __tsan_acquire(void *);
WEAK void __tsan_release(void *);
WEAK void __tsan_mutex_create(void *, unsigned);
WEAK void __tsan_mutex_destroy(void *, unsigned);
WEAK void __tsan_mutex_pre_lock(void *, unsigned);
WEAK void __tsan_mutex_post_lock(void *, unsigned, int);
WEAK int __tsan_mutex_pre_unlock(void *, unsigned);
WEAK void __tsan_mutex_post_unlock(void *, unsigned);
WEAK void AnnotateHappensBefore(const char *, int, const volatile void *);
WEAK void AnnotateHappensAfter(const char *, int, const volatile void *);
WEAK void WTFAnnotateHappensBefore(const char *, int, const volatile void *);
WEAK void WTFAnnotateHappensAfter(const char *, int, const volatile void *);
WEAK void AnnotatePCQPut(const char *, int, const volatile void *);
WEAK void AnnotatePCQGet(const char *, int, const volatile void *);
WEAK void AnnotateRWLockCreate(const char *, int, const volatile void *);
WEAK void AnnotateRWLockDestroy(const char *, int, const volatile void *);
WEAK void AnnotateRWLockAcquired(const char *, int, const volatile void *, long);
WEAK void AnnotateRWLockReleased(const char *, int, const volatile void *, long);
WEAK void AnnotateIgnoreWritesBegin(const char *, int);
WEAK void AnnotateIgnoreWritesEnd(const char *, int);
WEAK void AnnotateIgnoreSyncBegin(const char *, int);
WEAK void AnnotateIgnoreSyncEnd(const char *, int);
WEAK void AnnotateBenignRaceSized(const char *, int, const volatile void *, size_t, const char *);

/* __tsan_mutex_recursive_unlock, __tsan_mutex_try_lock (sanitizer/tsan_interface.h) */
#define MUTEX_RECURSIVE_UNLOCK (1u << 7)
#define MUTEX_TRY_LOCK         (1u << 4)
#define MUTEX_TRY_LOCK_FAILED  (1u << 5)

#define CALL(function, ...)                                                                        \
    do {                                                                                           \
        if (function)                                                                              \
            function(__VA_ARGS__);                                                                 \
    } while (0)

#endif
