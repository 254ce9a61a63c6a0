/*
 * Unloading of modules. Loading needs no wrapper (state/module.h), and must have none: dlopen and
 * dlsym(RTLD_NEXT) look at who calls them.
 */
#include "state/module.h"

#include <dlfcn.h>
#include <link.h>

#include "detect/race.h"
#include "interpose/real.h"
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

int wrap_dlclose(void *handle)
{
    /* glibc's handles are link maps. */
    struct going going = {.first = handle};
    if (observing.on && handle && handle != RTLD_NEXT)
        dl_iterate_phdr(note_module, &going);
    int result = real.dlclose(handle);
    struct thread *self = result == 0 ? guard_enter() : NULL;
    if (!self)
        return result;
    forget_gone(self, &going);
    if (module_unloaded())
        stack_forget();
    stack_safe_point();
    guard_leave(self);
    return result;
}
