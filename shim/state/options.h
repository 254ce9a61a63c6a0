/*
 * The shim's options: the rows of format/options.def with their values in this process. Read once
 * at birth from HOLDFAST_OPTIONS; constant afterwards, so any thread may read them.
 */
#ifndef HOLDFAST_STATE_OPTIONS_H
#define HOLDFAST_STATE_OPTIONS_H

#include <stdint.h>

#include "format/tables.h"

struct options {
    uint64_t number[OPTION_COUNT];  /* BOOL: 0 or 1 */
    const char *text[OPTION_COUNT]; /* TEXT: never NULL */
};
extern struct options options;

/* Defaults, then text as in HOLDFAST_OPTIONS: name=value:name='value with : in it', `name` alone =
   on. text may be NULL. A word that is not understood is told on stderr and skipped. */
void options_read(const char *text);

#endif
