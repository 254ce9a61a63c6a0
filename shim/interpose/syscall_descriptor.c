/* Descriptors that are opened and closed by syscall() (interpose/syscall.c). */
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include "interpose/handles.h"
#include "interpose/passing.h"

/* Numbers below 512 that go to syscall_descriptor, a bit each. */
#define BIT_OF(word, number)                    ((number) / 64 == (word) ? 1ull << (number) % 64 : 0)
#define OPENS(name, kind, argument, mask, path) | BIT_OF(WORD, SYS_##name)
extern const uint64_t syscall_watched[8] __attribute__((visibility("hidden")));
const uint64_t syscall_watched[8] = {
#define WORD 0
    BIT_OF(WORD, SYS_close)
#include "interpose/syscalls.def"
        ,
#undef WORD
#define WORD 1
    0
#include "interpose/syscalls.def"
    ,
#undef WORD
#define WORD 2
    0
#include "interpose/syscalls.def"
    ,
#undef WORD
#define WORD 3
    0
#include "interpose/syscalls.def"
    ,
#undef WORD
#define WORD 4
    0
#include "interpose/syscalls.def"
    ,
#undef WORD
#define WORD 5
    0
#include "interpose/syscalls.def"
    ,
#undef WORD
#define WORD 6
    0
#include "interpose/syscalls.def"
    ,
#undef WORD
#define WORD 7
    0
#include "interpose/syscalls.def"
};
#undef OPENS

static const struct opener {
    uint16_t number, kind;
    uint8_t argument, path;
    unsigned long mask;
} openers[] = {
#define OPENS(name, kind, argument, mask, path)                                                    \
    {SYS_##name, HANDLE_KIND_##kind, argument, path, mask},
#include "interpose/syscalls.def"
#undef OPENS
};

long syscall_descriptor(long number, long a, long b, long c, long d, long e, long f)
    __attribute__((visibility("hidden")));

long syscall_descriptor(long number, long a, long b, long c, long d, long e, long f)
{
    const long arguments[] = {0, a, b, c, d, e, f};
    const struct opener *at = openers;
    if (number == SYS_close) {
        struct closing what;
        descriptor_closing((int)a, FRAME, &what);
        return descriptor_closed((int)a, (int)real.syscall(number, a), &what);
    }
    long result = real.syscall(number, a, b, c, d, e, f);
    while (at->number != number)
        at++;
    bool cloexec = !at->mask || (at->mask != ~0ul && arguments[at->argument] & (long)at->mask);
    const char *path = result >= 0 && at->path ? (const char *)arguments[at->path] : NULL;
    return descriptor_opened((int)result, (enum handle_kind)at->kind, cloexec, path, FRAME);
}
