/*
 * What wrappers of calls that make and release resources tell (state/resource.h). Each enters by
 * itself; errno is kept. frame: the wrapper's.
 */
#ifndef HOLDFAST_INTERPOSE_RESOURCES_H
#define HOLDFAST_INTERPOSE_RESOURCES_H

#include <stdint.h>

#include "format/tables.h"
#include "interpose/real.h"

/* A call has returned it. name: what people know it by, copied; NULL none. */
void resource_made(enum handle_kind kind, uint64_t value, const char *name, const void *frame);

/* The same for what libc counts: each call is to be undone by one of its own. */
void resource_made_again(enum handle_kind kind, uint64_t value, const char *name,
                         const void *frame);

/* The same for what lies in memory of the program's own. */
void resource_made_in(enum handle_kind kind, const void *where, const void *frame);

/* Heap blocks (0: none) that belong to it and that its value does not lead to. */
void resource_has(enum handle_kind kind, uint64_t value, uint64_t block, uint64_t other);

/* It is about to be released by function called; told when it was already. called: NULL where it is
   known to be open, whatever was counted. */
void resource_ends(enum handle_kind kind, uint64_t value, const char *called, const void *frame);

/* libc has released it by itself, or moved it. */
void resource_is_over(enum handle_kind kind, uint64_t value, const void *frame);
void resource_moved(enum handle_kind kind, uint64_t value, uint64_t to);

/* What is known of it no longer holds: it may be told as if it had never been. */
void resource_unknown(enum handle_kind kind, uint64_t value);

/* Names that outlive the process; the last look asks whether they are still there. Before the call
   that may make it: is it to be new? flags: O_CREAT, O_EXCL. After it has: */
bool resource_name_is_new(enum handle_kind kind, const char *name, int flags);
void resource_named(enum handle_kind kind, const char *name, const void *frame);
void resource_keyed(enum handle_kind kind, int id, const void *frame);

#endif
