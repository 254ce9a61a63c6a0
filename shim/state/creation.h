/*
 * How many handles of each creation stack are open, were open at most, and were made at all: what
 * handle-growth and fd-exhausted look at. Kept by handle_row_open and handle_row_close for every
 * row that stands for itself: what belongs to another handle (the descriptor under a stream), was
 * inherited or is a library's does not count.
 *
 * A table of a fixed size, open addressing by stack id; a stack that finds no room is not counted.
 * Counts are atomic and exact; times and the place of the release are hints.
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_CREATION_H
#define HOLDFAST_STATE_CREATION_H

#include <stdbool.h>
#include <stdint.h>

#include "format/recording.h"

struct creation {
    uint32_t stack;          /* atomic; 0 = free. All else is written after it was taken */
    int32_t live;            /* atomic; open now */
    int32_t peak;            /* atomic; most that were open at once */
    uint32_t made;           /* atomic */
    uint16_t kind, reserved; /* of the newest: enum handle_kind */
    uint32_t thread;         /* that opened the newest */
    uint32_t released;       /* stacks: newest close */
    uint32_t released_thread;
    uint64_t value;      /* of the newest when there were most */
    uint64_t first_time; /* of the first open */
    uint64_t peak_time;  /* when there were most */
    uint64_t fall_time;  /* of the first close after that; before it: none since */
};

/* At birth and in a fork's child: none is known. */
void creation_start_up(void);

/* row was opened; row, which was open, is closed by a call with this stack (0 unknown), or is
   another handle's from now on. */
void creation_opened(const struct handle_row *row);
void creation_closed(const struct handle_row *row, uint32_t stack, uint32_t thread);

/* NULL: not counted. */
const struct creation *creation_find(uint32_t stack);

/* Every one. */
void creation_each(void (*visit)(const struct creation *creation, void *with), void *with);

#endif
