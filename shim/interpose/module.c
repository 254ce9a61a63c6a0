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

/* Where the module of this handle lies; false when it is none. */
static bool range_of(void *handle, struct dl_find_object *ret)
{
    if (!handle || handle == RTLD_NEXT)
        return false;
    /* glibc's handles are link maps; dlclose itself looks into them before anything else. */
    return _dl_find_object(((const struct link_map *)handle)->l_ld, ret) == 0;
}

int wrap_dlclose(void *handle)
{
    struct dl_find_object before, after;
    bool there = race_watched() && range_of(handle, &before);
    int result = real.dlclose(handle);
    struct thread *self = result == 0 ? guard_enter() : NULL;
    if (!self)
        return result;
    /* Another module's variables may come to lie where these were. Modules that went along with it
       are not looked for. */
    if (there && _dl_find_object(before.dlfo_map_start, &after) != 0)
        race_memory_gone(self, (uintptr_t)before.dlfo_map_start, (uintptr_t)before.dlfo_map_end);
    if (module_unloaded())
        stack_forget();
    stack_safe_point();
    guard_leave(self);
    return result;
}
