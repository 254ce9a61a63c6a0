/*
 * Unloading of modules. Loading needs no wrapper (state/module.h), and must have none: dlopen and
 * dlsym(RTLD_NEXT) look at who calls them.
 */
#include "state/module.h"
#include "interpose/real.h"
#include "state/stack.h"

int wrap_dlclose(void *handle)
{
    int result = real.dlclose(handle);
    struct thread *self = result == 0 ? guard_enter() : NULL;
    if (!self)
        return result;
    if (module_unloaded())
        stack_forget();
    stack_safe_point();
    guard_leave(self);
    return result;
}
