/* A module as holdfast-rewrite scans it. */
#ifndef HOLDFAST_TESTS_REWRITE_SCANNED_H
#define HOLDFAST_TESTS_REWRITE_SCANNED_H

#include "rewrite/insn.h"

static inline bool scan_module(struct module *module, const char *path)
{
    if (!module_open(module, path) || !module_decode(module) || !module_leaders(module) ||
        !module_liveness(module))
        return false;
    module_escape(module);
    return true;
}

#endif
