#include "compiled/own.h"

#include "base/memory.h"

struct own *own_of(struct thread *self)
{
    struct own *own = self->compiled;
    if (unlikely(!own)) {
        own = pages_map(sizeof *own);
        if (!own)
            return NULL;
        self->compiled = own;
    }
    if (unlikely(own->number != self->number)) {
        vclock_clear(&own->fence);
        vclock_clear(&own->pending);
        own->has_fence = own->has_pending = false;
        own->number = self->number;
    }
    return own;
}
