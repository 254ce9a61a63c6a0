/*
 * Vector registers across code of libc and libunwind, for who may be called between any two
 * instructions of the program: thunks of rewritten code (rewrite/). They save general registers
 * alone, and the shim uses no others (meson: -mgeneral-regs-only).
 *
 *   VECTOR_STATE_KEPT;   for the rest of the block, what vectors and x87 hold is put back at its
 * end
 *
 * Such code wants its stack aligned, too, which the thunks' fast part does not do: the function
 * that has the block is OF_ANY_ALIGNMENT.
 */
#ifndef HOLDFAST_STATE_VECTOR_H
#define HOLDFAST_STATE_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

/* Room for x87, SSE, AVX and AVX-512 in the compacted form (Intel SDM 1, 13.4), 64-byte aligned. */
#define VECTOR_STATE_ROOM 2816u

struct vector_state {
    bool kept;
    unsigned char room[VECTOR_STATE_ROOM + 64];
};

/* Does nothing unless thunks run in this process (vector_state_wanted). */
void vector_state_keep(struct vector_state *state);
void vector_state_put_back(struct vector_state *state);

/* Set when thunks begin. */
extern bool vector_state_wanted;

#define OF_ANY_ALIGNMENT __attribute__((noinline, force_align_arg_pointer))

#define VECTOR_STATE_KEPT                                                                          \
    __attribute__((cleanup(vector_state_put_back))) struct vector_state vector_state;              \
    vector_state_keep(&vector_state)

#endif
