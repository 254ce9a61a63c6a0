/*
 * Functions of the C++ runtime behind ours: those that the caller would have got without us. In a
 * program of C whose modules bring the C++ runtime, each may have its own, which only the module
 * itself sees (-static-libstdc++, dlopen with RTLD_LOCAL).
 */
#ifndef HOLDFAST_INTERPOSE_CXX_RUNTIME_H
#define HOLDFAST_INTERPOSE_CXX_RUNTIME_H

#include "base/memory.h"
#include "interpose/real.h"

/* By name, in modules that came after us; caller: an address in the calling module. */
void *cxx_runtime_find(const char *name, const void *caller);

/* In the wrapper itself. */
#define CXX_RUNTIME(name)                                                                          \
    ((__typeof__(real.name))(likely(real_is_there((void *)real.name))                              \
                                 ? (void *)real.name                                               \
                                 : cxx_runtime_find(#name, __builtin_return_address(0))))

#endif
