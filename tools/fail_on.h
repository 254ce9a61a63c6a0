/*
 * What makes a run fail: `--fail-on none|note|warning|error|KIND[>=N]`, several with commas. Used
 * by report, and by run through it.
 */
#ifndef HOLDFAST_TOOLS_FAIL_ON_H
#define HOLDFAST_TOOLS_FAIL_ON_H

#include "model.h"

/* False and a sentence when text is no such list. */
bool fail_on_check(const char *text, struct problem *ret_problem);

/* 66 when a finding of wrong use reaches text, else 23 when one of what was left behind does, else
   0. A severity is reached by findings of it or above; KIND counts its warnings and errors (a leak
   counts each of its blocks) and is reached by N of them (default 1). Suppressed findings and what
   a process merely held while it lived never count. text has passed fail_on_check. */
int fail_on_status(const char *text, const struct run *run);

#endif
