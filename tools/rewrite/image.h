/*
 * Writes the image of a module that module.h has filled: the last step of holdfast-rewrite.
 *
 *   struct image_request request = {.form = FORM_GS, .variant = 0};
 *   int error = image_write(&module, &request, "cache/…", &statistics);
 *
 * The file appears whole or not at all: it is written under a name of its own and renamed.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_IMAGE_H
#define HOLDFAST_TOOLS_REWRITE_IMAGE_H

#include <stdint.h>

#include "insn.h"

struct image_request {
    enum rewrite_form form;
    uint32_t variant; /* < REWRITE_VARIANTS: where the code shall lie */
    uint64_t options; /* hash of --watch and --skip, 0 none */
    bool every_run;   /* FORM_MOVE_ONLY always moves every run; the other forms those that are
                         watched, or with this all */
};

/* What became of a module, for --show and for tests. */
struct image_statistics {
    uint64_t runs, moved, hops, left; /* runs that should move; those left where they are */
    uint64_t pads;                    /* entered by one jump more */
    uint64_t accesses, watched, harmless, left_out;
    uint64_t by_run, by_hop; /* watched ones, by the way into their run */
    uint64_t why[WHY_COUNT]; /* accesses left out */
    uint64_t checks, elided, strings, locked, ranges;
    uint64_t flags_kept, borrowed; /* checks that had to */
    uint64_t hot_bytes, cold_bytes, code_bytes, file_bytes;
};

/* 0, or -errno: -ERANGE when the module is too large for this variant. statistics may be NULL. */
int image_write(const struct module *module, const struct image_request *request, const char *path,
                struct image_statistics *ret_statistics);

#endif
