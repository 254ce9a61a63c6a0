/*
 * Loading and unloading of modules. dlopen looks at who calls it, by its return address ($ORIGIN,
 * the namespace), so its wrapper must be gone by then: it notes the name, and jumps. Whether the
 * library was loaded is asked of the loader when it matters: at dlclose, and at the end
 * (detect/handle_leak). Until then a row stands for a name, not for a handle.
 */
#include "state/module.h"

#include <dlfcn.h>
#include <link.h>

#include "base/memory.h"
#include "detect/race.h"
#include "interpose/resources.h"
#include "state/resource.h"
#include "state/stack.h"
#include "state/sync.h"

/* What may go with a handle: its module, and those that were loaded after it, among which are all
   that it brought along. More than these are not looked for. */
#define GOING_MOST 32u
struct going {
    const struct link_map *first;
    uint32_t count;
    struct {
        uintptr_t start, end;
    } range[GOING_MOST];
};

static int note_module(struct dl_phdr_info *info, size_t size, void *with)
{
    struct going *going = with;
    struct dl_find_object object;
    uintptr_t inside = 0;
    for (ElfW(Half) i = 0; i < info->dlpi_phnum && !inside; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            inside = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    if (_dl_find_object((void *)inside, &object) != 0 ||
        (!going->count && object.dlfo_link_map != going->first))
        return 0;
    going->range[going->count].start = (uintptr_t)object.dlfo_map_start;
    going->range[going->count].end = (uintptr_t)object.dlfo_map_end;
    return ++going->count == GOING_MOST;
}

/* Another module's variables and locks may come to lie where these were. */
static void forget_gone(struct thread *self, const struct going *going)
{
    struct dl_find_object after;
    for (uint32_t i = 0; i < going->count; i++) {
        uintptr_t start = going->range[i].start, end = going->range[i].end;
        if (_dl_find_object((void *)start, &after) == 0)
            continue;
        race_memory_gone(self, start, end);
        sync_memory_gone(start, end, NULL, NULL);
    }
}

/* Libraries are known by the last part of their path: what the program asks for is often no more.
 */
static uint64_t value_of(const char *path)
{
    uint64_t hash = 14695981039346656037ull;
    for (path = text_base(path); *path; path++)
        hash = (hash ^ (unsigned char)*path) * 1099511628211ull;
    return hash;
}

static void opening(const char *path, const void *frame)
{
    if (path && *path)
        resource_made_again(HANDLE_KIND_MODULE, value_of(path), path, frame);
}

void *wrap_dlopen(const char *path, int flags)
{
    opening(path, FRAME);
    return real.dlopen(path, flags);
}

void *wrap_dlmopen(Lmid_t space, const char *path, int flags)
{
    opening(path, FRAME);
    return real.dlmopen(space, path, flags);
}

/* Before. handle: glibc's are link maps, loaded is one that is there. Without its module's name
   nothing is known of it. What is loaded can be given back: the threads that load and give back one
   library at the same time are not counted in the order in which the loader counts them. */
static void closing(void *handle, bool loaded, const void *frame)
{
    const char *path = loaded ? ((const struct link_map *)handle)->l_name : NULL;
    if (path && *path)
        resource_ends(HANDLE_KIND_MODULE, value_of(path), NULL, frame);
    else if (!loaded)
        resource_ends(HANDLE_KIND_MODULE, (uintptr_t)handle, "dlclose", frame);
}

/* The handle of a module that has gone: who gives it back once more meets its row. */
static void closed(struct thread *self, void *handle, const void *frame)
{
    struct handle_row *row = resource_opened(
        self, (uintptr_t)handle, 1,
        &(struct handle_birth){.kind = HANDLE_KIND_MODULE, .flags = HANDLE_ADOPTED});
    if (row)
        resource_closing(self, row, HANDLE_CLOSED, stack_here(self, frame));
}

int wrap_dlclose(void *handle)
{
    /* glibc's handles are link maps. */
    struct going going = {.first = handle};
    bool known = observing.on && handle && handle != RTLD_NEXT;
    if (known) {
        dl_iterate_phdr(note_module, &going);
        closing(handle, going.count, FRAME);
    }
    int result = real.dlclose(handle);
    struct thread *self = result == 0 ? guard_enter() : NULL;
    if (!self)
        return result;
    struct dl_find_object after;
    if (observing.handles && going.count &&
        _dl_find_object((void *)going.range[0].start, &after) != 0)
        closed(self, handle, FRAME);
    forget_gone(self, &going);
    if (module_unloaded())
        stack_forget();
    stack_safe_point();
    guard_leave(self);
    return result;
}
