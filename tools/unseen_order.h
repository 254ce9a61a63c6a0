/*
 * Was there code that may order threads and was not watched? In a run that watches every load and
 * store (races=full) a race that it tells is sure only where nothing else can have ordered it: not
 * where modules with atomic instructions were left out, code was made at run time, or a library
 * waits in ways that we do not see yet.
 *
 * Used by model.c. One thread.
 */
#ifndef HOLDFAST_TOOLS_UNSEEN_ORDER_H
#define HOLDFAST_TOOLS_UNSEEN_ORDER_H

#include "arena.h"
#include "read.h"

/* A sentence for people; NULL: all that orders threads was seen. */
const char *unseen_order_of(struct recording *recording, struct arena *arena);

/* Does this library run threads for others, and order them by flags of its own? */
bool unseen_order_runs_threads(const char *module_name);

#endif
