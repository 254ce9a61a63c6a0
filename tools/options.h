/*
 * Options of the shim as text, the way HOLDFAST_OPTIONS carries them:
 * name=value:name='value with : in it'. Used by `run`, which hands them on, and by whoever lets the
 * caller's HOLDFAST_OPTIONS speak where no flag was given. The shim reads the same text in
 * shim/state/options.c.
 */
#ifndef HOLDFAST_TOOLS_OPTIONS_H
#define HOLDFAST_TOOLS_OPTIONS_H

#include "flags.h"

/* Takes the options of text (as in HOLDFAST_OPTIONS; NULL = none) into flags where no flag gave
   them. Returns 0, or STATUS_USAGE after one sentence on stderr about a word that is no option or a
   value that it cannot have. The values stay allocated for the life of the command. */
int options_from_text(struct flags *flags, const char *text);

/* The text for all options that flags holds, in the order of the table; those in `except` (bits
   1 << enum option) are left out. NULL when none is left. The caller frees it. */
char *options_to_text(const struct flags *flags, unsigned except);

#endif
