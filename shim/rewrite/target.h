/*
 * The modules of this process as rewriting sees them: where their code lies, and which file that
 * is.
 *
 * Found by dl_iterate_phdr. Called with all signals blocked, by a thread that may hold the loader's
 * lock.
 */
#ifndef HOLDFAST_REWRITE_TARGET_H
#define HOLDFAST_REWRITE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "format/rewrite.h"

#define TARGET_SEGMENTS 8u

struct target {
    const char *name; /* as the loader has it; "" for the program. Stays while it is loaded */
    uintptr_t base;   /* what is added to ELF addresses */
    uintptr_t low, high;
    struct target_segment {
        uintptr_t start, end; /* addresses, whole pages */
        int protection;
    } code[TARGET_SEGMENTS]; /* executable ones */
    uint32_t code_count;
    bool changes_text; /* text relocations: code is not the file's */
    uint8_t build_id[20];
    uint32_t build_id_size;
};

/* Stops when visit returns false. */
void targets_each(bool (*visit)(const struct target *target, void *with), void *with);

/* Is the module one of those that are never rewritten: libc, the loader, ourselves …? */
bool target_is_system(const struct target *target);

/* Does a pattern of `watch` or `skip` name the module (by its file's base name)? A pattern ends at
   '!'; without * and ? it also fits the name with a version behind (libx for libx.so.1). */
bool target_fits(const char *file, const char *patterns, bool whole_modules_only);

#endif
