/* Jumps out of functions. One that leaves a signal handler ends it, as far as we are concerned. */
#include "detect/handler_misuse.h"
#include "detect/lock_held.h"
#include "interpose/real.h"

/* glibc on x86-64: the stack pointer is the seventh word, rotated, and mixed with a secret of the
   thread (sysdeps/unix/sysv/linux/x86_64/pointer_guard.h, JB_RSP). */
static uintptr_t target_of(const void *buffer)
{
    uintptr_t sp = ((const uintptr_t *)buffer)[6];
    __asm__("ror $17, %0\n xor %%fs:0x30, %0" : "+r"(sp));
    return sp;
}

static inline void leaving(const void *buffer, const void *frame)
{
    struct thread *self = thread_current;
    if (!self)
        return;
    if (unlikely(self->held.count) && guard_enter()) {
        lock_held_jumps(self, frame, target_of(buffer));
        guard_leave(self);
    }
    self->looks = false; /* a handler may have come while it did */
    if (handler_runs(self))
        handler_left(self);
}

#define JUMP(name, type)                                                                           \
    void wrap_##name(type buffer, int value)                                                       \
    {                                                                                              \
        leaving(buffer, FRAME);                                                                    \
        real.name(buffer, value);                                                                  \
        __builtin_unreachable();                                                                   \
    }

JUMP(longjmp, jmp_buf)
JUMP(_longjmp, jmp_buf)
JUMP(siglongjmp, sigjmp_buf)
JUMP(__longjmp_chk, jmp_buf)
