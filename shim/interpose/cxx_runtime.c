#include "interpose/cxx_runtime.h"

#include <dlfcn.h>

static void *of_module(const char *name, const void *caller)
{
    Dl_info module;
    if (!dladdr(caller, &module))
        return NULL;
    void *handle = dlopen(module.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    void *entry = handle ? dlsym(handle, name) : NULL;
    if (handle)
        dlclose(handle);
    return entry;
}

void *cxx_runtime_find(const char *name, const void *caller)
{
    void *next = dlsym(RTLD_NEXT, name);
    return next ? next : of_module(name, caller);
}
