/*
 * Where moved code lies: the net under jump targets that the scan has missed.
 *
 * The five bytes of a patch's jump may cover boundaries of the instructions that stood there. Who
 * jumps to one of them, unknown to us, must not run bytes of the jump's displacement as if they
 * were code: each of its bytes that stands on a boundary has to be one that always faults as the
 * first byte of an instruction in user mode, and the trap handler finds the moved code. 37 bytes
 * do; so the code that a jump can go to lies at certain distances from it.
 *
 * The arena is filled from its start. At each position the first run in the text's order, of each
 * of the 16 kinds of constraint, is asked whether its code can lie here; so runs lie about in the
 * order of the text, and windows of good distances are used as they come by. A run that waits for
 * too long is put anywhere, and gets a pad: a jump of five bytes at a good distance.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_PLACE_H
#define HOLDFAST_TOOLS_REWRITE_PLACE_H

#include "run.h"

bool is_trap_byte(uint8_t byte);

/* The distance of a variant. */
int64_t place_distance(const struct module *module, uint32_t variant);

struct arrangement {
    int64_t distance;
    uint32_t *hot; /* runs in the order of their hot code */
    uint32_t hot_count;
    uint32_t hot_start, hot_end;
    uint32_t *pads; /* runs that have one, in the order of their pads */
    uint32_t pad_count;
    uint32_t cold_start, cold_end;
    uint32_t end;
};

/* Sets hot, cold, pad of the runs; those that no place is left for are RUN_LEFT afterwards.
   False: no memory, or no room at all. */
bool place_runs(struct runs *runs, int64_t distance, struct arrangement *ret_arrangement);
void place_finish(struct arrangement *arrangement);

#endif
