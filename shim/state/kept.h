/*
 * Pointers of the program that lie in memory of ours because we stand between it and libc: the
 * argument of a handler, the value of a timer. The scan for leaks takes them for roots, as it would
 * find them in libc's memory otherwise.
 *
 * A row lives in what its owner keeps for ever; any thread adds, the scan reads.
 */
#ifndef HOLDFAST_STATE_KEPT_H
#define HOLDFAST_STATE_KEPT_H

#include <stdbool.h>
#include <stdint.h>

struct kept {
    uintptr_t word; /* atomic; 0 = no more */
    struct kept *next;
};

extern struct kept *kept_list; /* atomic head */

void kept_add(struct kept *row, const void *pointer);

#endif
