/*
 * How sure is a race between accesses of unmodified code? On x86 an atomic load or store looks like
 * any other mov: what was meant is joined from all that the code of both sides says (REWRITE.md, 3;
 * the first rule that matches wins).
 *
 * Used by model.c. One thread.
 */
#ifndef HOLDFAST_TOOLS_RACE_VERDICT_H
#define HOLDFAST_TOOLS_RACE_VERDICT_H

#include "access_code.h"

struct race_side {
    struct access_code code;
    bool by_call;  /* made by a function of libc: plain, whatever it looks like */
    bool atomic;   /* told as an atomic access at run time */
    bool freed;    /* the block was given back: never an atomic operation, whatever lies there */
    bool runtime;  /* within a library that runs threads for others and orders them its own way */
    unsigned size; /* bytes that were touched */
    uint64_t address;
    enum type_word variable; /* of the global variable there, as declared */
};

struct race_verdict {
    bool dropped;        /* both sides are atomic operations: no race at all */
    unsigned confidence; /* enum confidence */
    const char *why;     /* a sentence; "" none */
};

struct race_verdict race_verdict_of(const struct race_side *here, const struct race_side *earlier);

#endif
