/*
 * Which function of libc the program called at a place: "read of 16 bytes by memcpy". Used by
 * detectors of what calls do.
 *
 * A wrapper says nothing of this. Between it and who remembers a stack lie our own frames, all with
 * frame pointers: the innermost return address below the wrapper's frame lies in the wrapper, whose
 * name is in our own table of symbols. It is kept by the place of the call (the return address in
 * the program), so that stacks and what names them stay as they are, and a name costs nothing where
 * no stack is remembered. A place that calls one function now and another then (through a pointer;
 * a jump instead of a call) has no name.
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_CALLED_H
#define HOLDFAST_STATE_CALLED_H

#include <stdint.h>

/* The wrapper with this frame (__builtin_frame_address(0)), which has called us, directly or not,
   without a tail call, was called. */
void called_note(const void *frame);

/* The name of what was called where the stack begins; NULL when it is not known. Lives as long as
   the process. */
const char *called_by(uint32_t stack);

#endif
