/*
 * What races=full watched of a process's code: rows of SECTION_WATCHED with their names.
 */
#ifndef HOLDFAST_TOOLS_WATCHED_H
#define HOLDFAST_TOOLS_WATCHED_H

#include <stddef.h>

#include "arena.h"
#include "read.h"

struct output;

struct watched_module {
    struct watched_row row;
    const char *module; /* its path */
};

/* Copies the rows into the arena; *ret_count of them. */
struct watched_module *watched_load(struct arena *arena, struct recording *recording,
                                    size_t *ret_count);

/* "97.1 % of 12,345 loads and stores in 4 modules watched, 1 module not", of all processes; "" when
   races=full was off. */
const char *watched_words(struct output *output);

/* A line for each module, and what was left out of it. */
void watched_list(struct output *output);

#endif
