/*
 * The bytes of the text that change: for each moved run its jump, and traps in the rest of it; the
 * holes of short runs' long jumps lie among these traps, or in padding.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_PATCHES_H
#define HOLDFAST_TOOLS_REWRITE_PATCHES_H

#include "run.h"

struct patches {
    struct rewrite_patch *rows; /* by offset */
    uint8_t *before, *after;    /* of each, one behind the other */
    uint32_t count, bytes;
    uint32_t room, byte_room;
};

/* False: no memory. */
bool patches_make(struct patches *patches, const struct runs *runs, int64_t distance);
void patches_finish(struct patches *patches);

#endif
