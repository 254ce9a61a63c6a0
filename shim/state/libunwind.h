/*
 * libunwind as the fallback for frames that a row cannot express (state/unwind.h, ROW_COMPLEX).
 *
 * It is loaded with dlopen(RTLD_LOCAL), never linked: as a dependency it would rebind _Unwind_* of
 * C++ programs. Loading costs up to a millisecond and is not safe everywhere, so a walk only asks
 * for it, and the next safe point loads it; until then such walks end as STACK_BROKEN.
 *
 * Any thread; libunwind_load where dlopen is allowed.
 */
#ifndef HOLDFAST_STATE_LIBUNWIND_H
#define HOLDFAST_STATE_LIBUNWIND_H

#include "state/stack.h"

/* Makes the whole walk again. Returns false, frames as they were, when it is not loaded (and asks
   for it), somebody else is using it, or it gets no further than frames already are. */
bool libunwind_walk(const struct stack_start *start, uint32_t depth, struct stack_frames *frames);

/* In a fork's child: a walk that another thread was making will not come to its end. */
void libunwind_after_fork(void);

/* Loads it when a walk has asked. */
void libunwind_load_if_asked(void);

#endif
