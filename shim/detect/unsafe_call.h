/*
 * unsafe-libc-call: functions of libc that keep a result or a position in one place for the whole
 * process, called by two threads with nothing to order the calls.
 *
 * Each such place is a location (state/usage.h); a row of unsafe_call.def says which functions read
 * it and which change it. What is judged are the calls that the program and its libraries make:
 * libc's own are not seen.
 *
 * Guard entered, and only where accesses are watched.
 */
#ifndef HOLDFAST_DETECT_UNSAFE_CALL_H
#define HOLDFAST_DETECT_UNSAFE_CALL_H

#include <stdint.h>

#include "state/thread.h"

enum unsafe_state {
#define STATE(id, words) UNSAFE_STATE_##id,
#define UNSAFE(name, state, how)
#include "detect/unsafe_call.def"
#undef STATE
#undef UNSAFE
    UNSAFE_STATE_COUNT
};

enum unsafe_how { UNSAFE_READ, UNSAFE_WRITE };

enum unsafe_call {
#define STATE(id, words)
#define UNSAFE(name, state, how) UNSAFE_##name,
#include "detect/unsafe_call.def"
#undef STATE
#undef UNSAFE
    UNSAFE_COUNT
};

/* The function is about to be called. object: what of this kind of state it uses, 0 where there is
   but one. */
void unsafe_call(struct thread *self, enum unsafe_call call, uintptr_t object, const void *frame);

/* The object is another one from now on. */
void unsafe_call_object_new(uintptr_t object);

#endif
