/* Jumps out of functions. One that leaves a signal handler ends it, as far as we are concerned. */
#include "detect/handler_misuse.h"
#include "interpose/real.h"

static inline void leaving(void)
{
    struct thread *self = thread_current;
    if (!self)
        return;
    self->looks = false; /* a handler may have come while it did */
    if (handler_runs(self))
        handler_left(self);
}

#define JUMP(name, type)                                                                           \
    void wrap_##name(type buffer, int value)                                                       \
    {                                                                                              \
        leaving();                                                                                 \
        real.name(buffer, value);                                                                  \
        __builtin_unreachable();                                                                   \
    }

JUMP(longjmp, jmp_buf)
JUMP(_longjmp, jmp_buf)
JUMP(siglongjmp, sigjmp_buf)
JUMP(__longjmp_chk, jmp_buf)
