/*
 * flockfile and its family: a recursive lock in each stream, which libc's own calls on the stream
 * take too (interpose/stream_call.h says why those give no order).
 */
#include "interpose/lock.h"
#include "interpose/stream_call.h"

static bool watched(void)
{
    return observing.locks || access_watched();
}

#define STREAM_CALL(tried_)                                                                        \
    ((struct lock_call){.address = (uintptr_t)stream,                                              \
                        .frame = frame,                                                            \
                        .called = called,                                                          \
                        .kind = SYNC_STREAM,                                                       \
                        .mode = HELD_WRITE,                                                        \
                        .tried = tried_})

/* Inlined: the registers that a wait saves are the wrapper's. */
static inline __attribute__((always_inline)) void lock(FILE *stream, __typeof__(flockfile) *call,
                                                       const char *called, const void *frame)
{
    struct lock_call taking = STREAM_CALL(false);
    if (stream_wanted(stream))
        stream_use(stream, called, frame);
    if (likely(!watched())) {
        call(stream);
        return;
    }
    if (real.ftrylockfile(stream))
        LOCK_WAIT(&taking, WAIT_STREAM, WAIT_FOREVER, (call(stream), 0), result == 0);
    lock_taken(&taking);
}

static int try(FILE *stream, __typeof__(ftrylockfile) *call, const char *called, const void *frame)
{
    if (stream_wanted(stream))
        stream_use(stream, called, frame);
    int result = call(stream);
    if (!result && watched())
        lock_taken(&STREAM_CALL(true));
    return result;
}

static void unlock(FILE *stream, __typeof__(funlockfile) *call, const char *called,
                   const void *frame)
{
    if (watched())
        lock_giving(&STREAM_CALL(false));
    call(stream);
}

void wrap_flockfile(FILE *stream)
{
    lock(stream, real.flockfile, "flockfile", FRAME);
}

void wrap__IO_flockfile(FILE *stream)
{
    lock(stream, real._IO_flockfile, "flockfile", FRAME);
}

int wrap_ftrylockfile(FILE *stream)
{
    return try(stream, real.ftrylockfile, "ftrylockfile", FRAME);
}

int wrap__IO_ftrylockfile(FILE *stream)
{
    return try(stream, real._IO_ftrylockfile, "ftrylockfile", FRAME);
}

void wrap_funlockfile(FILE *stream)
{
    unlock(stream, real.funlockfile, "funlockfile", FRAME);
}

void wrap__IO_funlockfile(FILE *stream)
{
    unlock(stream, real._IO_funlockfile, "funlockfile", FRAME);
}
