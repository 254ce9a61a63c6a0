/*
 * What the code of one access says of it: the instruction, the functions that it was inlined from,
 * the line of source that it stands on, and the declared type of what it touches. Offline, so that
 * it costs the watched program nothing.
 *
 * Used by race_verdict.c. One thread.
 */
#ifndef HOLDFAST_TOOLS_ACCESS_CODE_H
#define HOLDFAST_TOOLS_ACCESS_CODE_H

#include "source.h"
#include "trace.h"
#include "type_word.h"

struct access_code {
    bool decoded;        /* the instruction was read and touches memory */
    bool move;           /* nothing but a load, or nothing but a store */
    bool locked;         /* lock prefix, or xchg with memory */
    bool speculative;    /* a load whose value is chosen or not by a cmov */
    unsigned size;       /* bytes; 0 unknown (string instructions) */
    bool in_operation;   /* in a function of std::atomic, core::sync::atomic … */
    bool line_read;      /* the line of source that it stands on is at hand */
    bool names_atomic;   /* that line, or a function around it, names an atomic macro or call */
    enum type_word type; /* of the operand, as declared */
};

/* trace: of the access, whose first frame is the instruction itself. */
void access_code_of(const struct trace *trace, struct sources *sources, struct access_code *ret);

/* Do these words of a source line, or of a function's name, tell of an atomic macro or call? */
bool access_line_names_atomic(const char *line);

#endif
