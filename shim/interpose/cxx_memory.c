/*
 * C++ operator new and delete, every form. The default operators are malloc and free with another
 * name, so that is what we do, and only a failing new goes to the real operator (new_handler,
 * bad_alloc). Where the program or a library behind us replaces them, they are passed through and
 * respected.
 */
#include <dlfcn.h>

#include "base/memory.h"
#include "detect/handler_misuse.h"
#include "detect/heap_misuse.h"
#include "interpose/block_events.h"
#include "interpose/cxx_memory.h"
#include "interpose/real.h"
#include "state/stack.h"

/* 1: the operators behind us are the C++ runtime's own, 2: somebody's, 0: not looked yet. */
static int operators;

/* True when name's file is a C++ runtime. */
static bool is_runtime(const char *path)
{
    const char *base = text_base(path);
    return text_starts(base, "libstdc++.so") || text_starts(base, "libc++.so") ||
           text_starts(base, "libc++abi.so");
}

void cxx_memory_find(void)
{
    Dl_info info;
    bool there = real_is_there((void *)real._Znwm);
    operators = !there || (dladdr((void *)real._Znwm, &info) && is_runtime(info.dli_fname)) ? 1 : 2;
}

static inline struct thread *cxx_enter(void)
{
    if (unlikely(operators != 1))
        return NULL;
    struct thread *self = guard_enter();
    if (likely(self && observing.memory))
        return self;
    if (self)
        guard_leave(self);
    return NULL;
}

/* The real operator; without one (libstdc++ loaded with RTLD_LOCAL after us) the runtime's own. */
static void *real_operator(void *entry, const char *name)
{
    if (likely(real_is_there(entry)))
        return entry;
    void *runtime = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *found = runtime ? dlsym(runtime, name) : NULL;
    if (runtime)
        dlclose(runtime);
    return found;
}

/* Memory for new: like the operator, at least one byte. NULL: the real operator shall do it. */
static inline void *obtain(size_t size, size_t alignment)
{
    size_t bytes = size < 9 ? 9 : size;
    return alignment > 16 ? real.aligned_alloc(alignment, (bytes + alignment - 1) & -alignment)
                          : real.malloc(bytes);
}

static inline void *new_block(size_t size, size_t alignment, enum block_family family,
                              const void *frame)
{
    struct thread *self = cxx_enter();
    if (unlikely(!self))
        return NULL;
    handler_unsafe_call(self, family == FAMILY_NEW ? "new" : "new[]", frame);
    guard_leave(self);
    void *p = obtain(size, alignment);
    if (unlikely(!p))
        return NULL;
    self = cxx_enter();
    if (unlikely(!self)) {
        block_forget((uintptr_t)p);
        return p;
    }
    block_event_born(self, (uintptr_t)p, size, family, stack_here(self, frame));
    guard_leave(self);
    return p;
}

#define NEW(name, family, parameters, arguments, alignment)                                        \
    void *wrap_##name parameters                                                                   \
    {                                                                                              \
        void *p = new_block(size, alignment, family, FRAME);                                       \
        if (likely(p))                                                                             \
            return p;                                                                              \
        void *(*next)parameters = real_operator((void *)real.name, #name);                         \
        return next ? next arguments : obtain(size, alignment);                                    \
    }
NEW(_Znwm, FAMILY_NEW, (size_t size), (size), 0)
NEW(_Znam, FAMILY_NEW_ARRAY, (size_t size), (size), 0)
NEW(_ZnwmRKSt9nothrow_t, FAMILY_NEW, (size_t size, const void *tag), (size, tag), 0)
NEW(_ZnamRKSt9nothrow_t, FAMILY_NEW_ARRAY, (size_t size, const void *tag), (size, tag), 0)
NEW(_ZnwmSt11align_val_t, FAMILY_NEW, (size_t size, size_t align), (size, align), align)
NEW(_ZnamSt11align_val_t, FAMILY_NEW_ARRAY, (size_t size, size_t align), (size, align), align)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, FAMILY_NEW, (size_t size, size_t align, const void *tag),
    (size, align, tag), align)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, FAMILY_NEW_ARRAY,
    (size_t size, size_t align, const void *tag), (size, align, tag), align)

/* True when the block was released; false when the real operator shall do it. */
static inline bool delete_block(void *p, enum block_family family, const void *frame,
                                const char *called)
{
    struct thread *self = cxx_enter();
    if (unlikely(!self))
        return false;
    handler_unsafe_call(self, called, frame);
    struct block_row *row = block_find((uintptr_t)p);
    bool right = likely(row && block_state_of(row) == BLOCK_LIVE && block_family_of(row) == family);
    if (right)
        block_event_dying(self, row, stack_here(self, frame));
    else
        heap_release_odd(self, row, (uintptr_t)p, family, frame, called);
    struct quarantine_released released;
    bool waits = quarantine_limit || !right;
    if (unlikely(waits))
        block_event_waits(p, right, &released);
    else
        p = quarantine_swap(self, p, block_size(row));
    guard_leave(self);
    if (unlikely(waits))
        block_event_release(&released);
    else if (likely(p))
        real.free(p);
    return true;
}

#define DELETE(name, family, called, parameters, arguments)                                        \
    void wrap_##name parameters                                                                    \
    {                                                                                              \
        if (unlikely(!p))                                                                          \
            return;                                                                                \
        if (likely(delete_block(p, family, FRAME, called)))                                        \
            return;                                                                                \
        if (!real_is_there((void *)real.name))                                                     \
            real.free(p);                                                                          \
        else                                                                                       \
            real.name arguments;                                                                   \
    }
DELETE(_ZdlPv, FAMILY_NEW, "delete", (void *p), (p))
DELETE(_ZdaPv, FAMILY_NEW_ARRAY, "delete[]", (void *p), (p))
DELETE(_ZdlPvm, FAMILY_NEW, "delete", (void *p, size_t size), (p, size))
DELETE(_ZdaPvm, FAMILY_NEW_ARRAY, "delete[]", (void *p, size_t size), (p, size))
DELETE(_ZdlPvRKSt9nothrow_t, FAMILY_NEW, "delete", (void *p, const void *tag), (p, tag))
DELETE(_ZdaPvRKSt9nothrow_t, FAMILY_NEW_ARRAY, "delete[]", (void *p, const void *tag), (p, tag))
DELETE(_ZdlPvSt11align_val_t, FAMILY_NEW, "delete", (void *p, size_t align), (p, align))
DELETE(_ZdaPvSt11align_val_t, FAMILY_NEW_ARRAY, "delete[]", (void *p, size_t align), (p, align))
DELETE(_ZdlPvmSt11align_val_t, FAMILY_NEW, "delete", (void *p, size_t size, size_t align),
       (p, size, align))
DELETE(_ZdaPvmSt11align_val_t, FAMILY_NEW_ARRAY, "delete[]", (void *p, size_t size, size_t align),
       (p, size, align))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, FAMILY_NEW, "delete",
       (void *p, size_t align, const void *tag), (p, align, tag))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, FAMILY_NEW_ARRAY, "delete[]",
       (void *p, size_t align, const void *tag), (p, align, tag))
