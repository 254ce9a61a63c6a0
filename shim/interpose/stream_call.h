/*
 * What wrappers of stdio tell of a stream that they use, and of the memory that libc reads or fills
 * for it.
 *
 * Order. libc locks a stream for the length of a call, but the program can do nothing of its own
 * meanwhile: that two threads print to one stream one after the other orders nothing that could be
 * relied on, and to take it for order would hide every race of a program that logs. So only what
 * passes through a stream orders: what is written to a pipe, socket or file by stdio is given to
 * its descriptor's carrier before the call and taken after a read (what libc keeps in its buffers
 * is given early: one edge too many rather than one too few); of a stream without such a carrier
 * that is both read and written (fmemopen, "r+") its own clock is it. flockfile is a lock like any
 * other (lock_stream.c).
 */
#ifndef HOLDFAST_INTERPOSE_STREAM_CALL_H
#define HOLDFAST_INTERPOSE_STREAM_CALL_H

#include "interpose/access.h"
#include "state/resource.h"

/* Is there anything to tell of a call that is given this stream? NULL: of one that is given none.
 */
static inline bool stream_wanted(const FILE *stream)
{
    return access_wanted() || unlikely(resource_may_be_closed(stream));
}

/* What wrappers that are given a stream know it by; of those that are not: none. */
static FILE *const stream __attribute__((unused)) = NULL;
#undef WANTS
#undef WANTS_BEFORE
#define WANTS(before, call, after) TELLS_WHEN(stream_wanted(stream), before, call, after)
#define WANTS_BEFORE(call, before) TELLS_BEFORE_WHEN(stream_wanted(stream), call, before)

/* Before a call: it uses the stream; it writes to it, having read size bytes of memory at from (0:
   none) or a string. */
void stream_use(FILE *stream, const char *called, const void *frame);
void stream_out(FILE *stream, const char *called, const void *from, size_t size, const void *frame);
void stream_out_text(FILE *stream, const char *called, const char *text, const void *frame);
void stream_out_wide(FILE *stream, const char *called, const wchar_t *text, const void *frame);

/* After a call that reads from it: it wrote size bytes of memory at to (0: none). */
void stream_in(FILE *stream, const void *to, size_t size, const void *frame);

/* A call has made the stream; a call is about to close it, or to open another file under it. */
void stream_began(FILE *stream);
void stream_ends(FILE *stream, const char *called, const void *frame);

/* As fopencookie, with functions of ours around the program's (stream_cookie.c). */
FILE *stream_with_cookie(void *with, const char *mode, cookie_io_functions_t functions);

/* The two halves for wrappers that have more to tell; guard entered. before: false when accesses
   are not watched. */
bool stream_before(struct thread *self, FILE *stream, const char *called, const void *frame);
void stream_gives(struct thread *self, FILE *stream);
void stream_takes(struct thread *self, FILE *stream);

#endif
