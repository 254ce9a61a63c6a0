/*
 * Loads an image into this process, as the shim does: for tests. The thunks count, and disturb what
 * they may disturb; they remember what they were told in filter cells, so that checks both hit and
 * miss.
 */
#ifndef HOLDFAST_TESTS_REWRITE_LOAD_H
#define HOLDFAST_TESTS_REWRITE_LOAD_H

#include "rewrite/insn.h"

struct loaded {
    const struct rewrite_header *header;
    uint8_t *text; /* where the module's text_start lies */
    uint8_t *code;
    uint32_t code_size;
    const struct rewrite_moved *moved;
    uint32_t moved_count;
    const struct rewrite_site *sites;
    uint32_t site_count;
};

extern _Thread_local struct rewrite_slots slots;
extern unsigned long thunk_calls[THUNK_COUNT];
extern unsigned long thunk_faults; /* calls that told nonsense */

/* Maps the filter and points gs, or slots.flip, at it. */
bool filter_prepare(enum rewrite_form form);

/* bias: load address of the module less its ELF addresses. Says on stderr what is wrong. */
bool image_load(struct loaded *loaded, const char *path, uint64_t bias);

const struct rewrite_moved *loaded_row(const struct loaded *loaded, uint64_t pc);

#endif
