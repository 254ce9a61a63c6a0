/*
 * C++ operator new and delete, every form. The default operators are malloc and free with another
 * name, so that is what we do, and only a failing new goes to the real operator (new_handler,
 * bad_alloc). Where the program or a library behind us replaces them, they are passed through and
 * respected.
 */
#include <dlfcn.h>
#include <link.h>

#include "base/memory.h"
#include "detect/handler_misuse.h"
#include "detect/heap_misuse.h"
#include "interpose/block_events.h"
#include "interpose/cxx_memory.h"
#include "interpose/real.h"
#include "state/stack.h"

/* 1: all operators are the C++ runtime's own, 2: somebody has replaced some, 0: not looked yet. The
   runtime's others call those that were replaced (new[] calls new, every delete calls the plain
   one), so one is enough for ours to step back. */
static int operators;

static const struct replaceable {
    const char *name;
    void *const *real;
} replaceable[] = {
#define NEW(name, family, parameters, arguments, alignment) {#name, (void *const *)&real.name},
#define DELETE(name, family, called, told, parameters, arguments)                                  \
    {#name, (void *const *)&real.name},
#include "interpose/cxx_operators.def"
};

/* True when name's file is a C++ runtime. */
static bool is_runtime(const char *path)
{
    const char *base = text_base(path);
    return text_starts(base, "libstdc++.so") || text_starts(base, "libc++.so") ||
           text_starts(base, "libc++abi.so");
}

/* Does the program, or a library before us, define this one? By object, not by address: ours is
   theirs then. An undefined symbol is only the place in the executable that stands for ours. */
static bool is_replaced(const char *name)
{
    void *first = dlsym(RTLD_DEFAULT, name);
    struct dl_find_object theirs, ours;
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    if (!first || _dl_find_object(first, &theirs) || _dl_find_object(&operators, &ours) ||
        theirs.dlfo_link_map == ours.dlfo_link_map)
        return false;
    return dladdr1(first, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol &&
           symbol->st_shndx != SHN_UNDEF;
}

void cxx_memory_find(void)
{
    Dl_info info;
    bool own = true;
    for (unsigned i = 0; own && i < sizeof replaceable / sizeof replaceable[0]; i++) {
        bool there = real_is_there(*replaceable[i].real);
        own = (!there || (dladdr(*replaceable[i].real, &info) && is_runtime(info.dli_fname))) &&
              !is_replaced(replaceable[i].name);
    }
    operators = own ? 1 : 2;
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
#define DELETE(name, family, called, told, parameters, arguments)
#include "interpose/cxx_operators.def"

/* True when the block was released; false when the real operator shall do it. size: what a sized
   form was told, SIZE_MAX for the others. */
static inline bool delete_block(void *p, size_t size, enum block_family family, const void *frame,
                                const char *called)
{
    struct thread *self = cxx_enter();
    if (unlikely(!self))
        return false;
    handler_unsafe_call(self, called, frame);
    struct block_row *row = block_find((uintptr_t)p);
    bool right = likely(row && block_state_of(row) == BLOCK_LIVE && block_family_of(row) == family);
    if (unlikely(right && size != SIZE_MAX && size != block_size(row)))
        heap_size_odd(self, row, size, frame, called);
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

#define DELETE(name, family, called, told, parameters, arguments)                                  \
    void wrap_##name parameters                                                                    \
    {                                                                                              \
        if (unlikely(!p))                                                                          \
            return;                                                                                \
        if (likely(delete_block(p, told, family, FRAME, called)))                                  \
            return;                                                                                \
        if (!real_is_there((void *)real.name))                                                     \
            real.free(p);                                                                          \
        else                                                                                       \
            real.name arguments;                                                                   \
    }
#define NEW(name, family, parameters, arguments, alignment)
#include "interpose/cxx_operators.def"
