/*
 * Running holdfast-rewrite for the modules that have no image yet. One thread at a time.
 */
#ifndef HOLDFAST_REWRITE_REWRITER_H
#define HOLDFAST_REWRITE_REWRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "format/rewrite.h"

struct rewriter;

/* Tells one build of it from another: what one has made, another may not trust. 0: it is not there.
 */
uint64_t rewriter_identity(void);

/* NULL: no memory. */
struct rewriter *rewriter_prepare(enum rewrite_form form);

/* One more: the module's file, the bytes of its text, which variant, and the name of that image in
   the cache's folder. */
void rewriter_add(struct rewriter *rewriter, const char *file, uint64_t text_size, uint32_t variant,
                  const char *image);

/* Runs it, waits for its end and frees it. 0: all were written; 1, REWRITER_NOT_KEPT: some were
   not; -1: it could not be run. */
int rewriter_run(struct rewriter *rewriter);

#endif
