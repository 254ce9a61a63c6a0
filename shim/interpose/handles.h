/* What the wrappers of descriptors and streams share. */
#ifndef HOLDFAST_INTERPOSE_HANDLES_H
#define HOLDFAST_INTERPOSE_HANDLES_H

#include "state/handle.h"

/* Entered when handles are watched; NULL: pass the call through. */
static inline struct thread *handles_enter(void)
{
    struct thread *self = guard_enter();
    if (self && observing.handles)
        return self;
    if (self)
        guard_leave(self);
    return NULL;
}

#endif
