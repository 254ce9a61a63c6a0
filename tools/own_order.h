/*
 * Does a process order its threads by means that calls do not show: atomic instructions of its own?
 *
 * What a detector tells of accesses that "nothing orders" is sure only where every order is seen.
 * In unmodified code a lock-prefixed instruction, an xchg with memory or an atomic type may be that
 * order. Where the program or a library of its own has any, such findings are "possible"; where
 * there is none, they are "likely" (a release by a plain store leaves no trace in stripped code).
 *
 * Used by model. One thread; a module's answer is kept with it.
 */
#ifndef HOLDFAST_TOOLS_OWN_ORDER_H
#define HOLDFAST_TOOLS_OWN_ORDER_H

#include "read.h"
#include <stdbool.h>

/* What a module's code orders threads by. */
enum module_order {
    MODULE_ORDER_UNKNOWN = 0, /* not looked at yet */
    MODULE_ORDER_CALLS,       /* calls alone, or nothing */
    MODULE_ORDER_ATOMICS,     /* atomics that nobody sees; also what cannot be read */
    MODULE_ORDER_SEEN,        /* built with -fsanitize=thread: its atomics are seen */
};

enum module_order own_order_of_module(struct module *module);

/* Has any module but libc, the loader and the languages' runtimes, whose atomics order nothing but
   themselves, atomics that nobody sees? */
bool own_order_of(struct recording *recording);

enum module_order own_order_in_file(const char *path);

#endif
