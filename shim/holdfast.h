/*
 * holdfast.h: for programs that want to know whether holdfast watches them, and for those that
 * order their threads by means of their own (spin locks, lock-free queues) and want to say so.
 *
 * Nothing needs to be linked: without the library the functions here do nothing and cost one
 * look-up in the life of the process. C and C++, any thread. (On glibc before 2.34 dlsym needs
 * -ldl.)
 *
 *     producer:  fill(item);  holdfast_release(item);  atomic_store(&queue->head, item);
 *     consumer:  item = atomic_load(&queue->head);  holdfast_acquire(item);  use(item);
 *
 * Code that carries ThreadSanitizer's (__tsan_acquire, __tsan_mutex_pre_lock …) or Valgrind's older
 * annotations (AnnotateHappensBefore …) need not be changed: these are understood too.
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include <dlfcn.h>
#include <stddef.h>

#define HOLDFAST_API_VERSION 2

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library, "0.1.0". Exported by libholdfast.so: found by holdfast_active, not to
   be called directly by programs that may run without it. */
const char *holdfast_version(void);

/* What the functions below call; found by one exported function of the library. Later versions only
   add at the end: size says how much there is. */
struct holdfast_calls {
    size_t size;
    void (*acquire)(const volatile void *address);
    void (*release)(const volatile void *address);
    void (*mutex_created)(const volatile void *mutex);
    void (*mutex_destroyed)(const volatile void *mutex);
    void (*mutex_acquired)(const volatile void *mutex, int flags);
    void (*mutex_releasing)(const volatile void *mutex);
    void (*ignore)(unsigned what, int by);
    void (*benign_race)(const volatile void *address, size_t size, const char *why);
    void (*new_memory)(const volatile void *address, size_t size);
};

/* NULL without the library. */
static inline const struct holdfast_calls *holdfast_find_calls(void)
{
    /* A weak reference would do in a shared library, but is bound to nothing in programs linked
       with -no-pie or -static. */
    static const struct holdfast_calls *found;
    static int looked; /* a race of two first calls stores the same twice */
    if (!__atomic_load_n(&looked, __ATOMIC_ACQUIRE)) {
        void *entry =
            dlsym((void *)0 /* RTLD_DEFAULT, also without _GNU_SOURCE */, "holdfast_calls");
        const struct holdfast_calls *(*calls)(void);
        __builtin_memcpy(&calls, &entry, sizeof calls);
        if (entry)
            __atomic_store_n(&found, calls(), __ATOMIC_RELAXED);
        __atomic_store_n(&looked, 1, __ATOMIC_RELEASE);
    }
    return __atomic_load_n(&found, __ATOMIC_RELAXED);
}

/* Is this process under libholdfast.so? 1 or 0. */
static inline int holdfast_active(void)
{
    return holdfast_find_calls() != (const struct holdfast_calls *)0;
}

/* What this thread did until holdfast_release(address) is ordered before what another does from its
   next holdfast_acquire(address) on. The address need not be of anything in particular. */
static inline void holdfast_release(const volatile void *address)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->release(address);
}

static inline void holdfast_acquire(const volatile void *address)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->acquire(address);
}

/* A lock of the program's own. Created and destroyed may be left out. Say acquired right after it
   was, releasing right before: then it orders accesses, and counts for lock orders and for what is
   still held at the end. */
#define HOLDFAST_SHARED 1 /* for reading, with others */
#define HOLDFAST_TRIED  2 /* by a call that would not have waited for ever */

static inline void holdfast_mutex_created(const volatile void *mutex)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->mutex_created(mutex);
}

static inline void holdfast_mutex_destroyed(const volatile void *mutex)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->mutex_destroyed(mutex);
}

static inline void holdfast_mutex_acquired(const volatile void *mutex, int flags)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->mutex_acquired(mutex, flags);
}

static inline void holdfast_mutex_releasing(const volatile void *mutex)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->mutex_releasing(mutex);
}

/* What this thread does in between is not looked at: its reads, its writes, the order that its
   locks and other calls make. Nests. */
#define HOLDFAST_READS  1u
#define HOLDFAST_WRITES 2u
#define HOLDFAST_SYNC   4u

static inline void holdfast_ignore_begin(unsigned what)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->ignore(what, 1);
}

static inline void holdfast_ignore_end(unsigned what)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->ignore(what, -1);
}

/* Races on these bytes are meant and not told, until the memory is given back. */
static inline void holdfast_benign_race(const volatile void *address, size_t size, const char *why)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->benign_race(address, size, why);
}

/* An allocator of the program's own gives these bytes out anew: what was done to them is past. */
static inline void holdfast_new_memory(const volatile void *address, size_t size)
{
    const struct holdfast_calls *calls = holdfast_find_calls();
    if (calls)
        calls->new_memory(address, size);
}

#ifdef __cplusplus
}
#endif

#endif
