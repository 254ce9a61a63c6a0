/*
 * Runs: stretches of instructions between leaders, without a call, that move as a whole.
 *
 * A run of 5 bytes or more begins with a jump to its code (RUN_JUMP), the rest of it becomes traps.
 * One of 2 to 4 jumps to a hole: five of such dead bytes near by, which hold the long jump
 * (RUN_HOP). What finds no way stays where it is and is counted.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_RUN_H
#define HOLDFAST_TOOLS_REWRITE_RUN_H

#include "insn.h"

#define JUMP_LENGTH 5u /* jmp rel32 */
#define HOP_LENGTH  2u /* jmp rel8 */

/* Instructions of one run at most: what is measured of one fits in a buffer on the side. */
#define RUN_LIMIT 96u

enum run_way {
    RUN_LEFT, /* stays */
    RUN_JUMP,
    RUN_HOP,
};

struct run {
    uint32_t offset, bytes; /* in the text */
    uint32_t first;         /* instruction */
    uint16_t count;
    uint16_t accesses; /* watched ones */
    uint8_t way;       /* enum run_way */
    uint8_t why;       /* RUN_LEFT: enum rewrite_why */
    uint32_t jump;     /* text offset of the jmp rel32: the run's own, or its hole's */
    uint32_t host;     /* RUN_HOP: the run that the hole lies in, or NO_RUN: padding */
    uint32_t hot, cold, hot_size, cold_size; /* code offsets */
    uint32_t pad; /* code offset of a jump to hot, when hot lies where jumps cannot go; 0 none */
    uint32_t first_site;
};
#define NO_RUN UINT32_MAX

struct runs {
    const struct module *module;
    struct run *rows; /* by offset */
    uint32_t count;
    uint32_t *of_insn; /* run + 1 by instruction, 0 none */
    uint8_t *left;     /* by instruction: enum rewrite_why, why no run holds it; 0 one does */
};

/* Whether an access of this kind is one that we check. */
static inline bool is_watched(const struct insn *insn)
{
    return insn->access == MEMORY_PLAIN || insn->access == MEMORY_LOCKED ||
           insn->access == MEMORY_STRING;
}

bool is_endbr(const struct module *module, const struct insn *insn);

/* Runs that hold watched accesses, or all. False: no memory. */
bool runs_form(struct runs *runs, const struct module *module, bool all);

/* Finds holes for the short runs, in the dead bytes of those that are RUN_JUMP by now. */
bool runs_hop(struct runs *runs);

/* The boundaries of instructions inside a jump at this offset: bit i for byte i + 1. */
uint8_t jump_boundaries(const struct module *module, uint32_t offset);

/* The moved run that a jump to this text offset comes to, or NULL. */
const struct run *run_at(const struct runs *runs, uint32_t offset);

void runs_finish(struct runs *runs);

#endif
