/*
 * The code of moved runs: each instruction once more, its check before it, and at the end a jump to
 * what follows, which is moved code where that is possible.
 *
 * A run is written twice: once to be measured, before anything has its place, and once when all
 * have theirs. Both times it takes the same number of bytes.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_TRAMPOLINE_H
#define HOLDFAST_TOOLS_REWRITE_TRAMPOLINE_H

#include "code.h"
#include "image.h"
#include "run.h"

struct trampoline {
    const struct runs *runs;
    enum rewrite_form form;
    int64_t distance;
    struct code hot, cold;
    struct rewrite_site *sites;          /* NULL while measuring */
    struct image_statistics *statistics; /* NULL while measuring */
};

/* Sets the sizes of the run's code; leaves the run where it is when it cannot be written.
   Sets run->accesses to the sites that it needs. */
void trampoline_measure(struct trampoline *trampoline, struct run *run);

/* Writes it: hot and cold lie at run->hot and run->cold of the image's code. False: it does not
   reach what it needs. */
bool trampoline_write(struct trampoline *trampoline, const struct run *run);

/* A pad: a jump to the run's code. */
void trampoline_pad(struct code *code, const struct runs *runs, const struct run *run);

#endif
