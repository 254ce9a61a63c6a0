/* What the wrappers of the scanf family tell. */
#ifndef HOLDFAST_INTERPOSE_SCAN_H
#define HOLDFAST_INTERPOSE_SCAN_H

#include <stdarg.h>

#include "interpose/format.h"
#include "interpose/stream_call.h"

struct scan {
    FILE *stream;     /* or NULL */
    const void *from; /* the string of sscanf, or NULL */
    struct format format;
    bool old; /* struct format's: %as allocates */
    int result;
};

/* Before a scan of a stream, or (NULL) of a string, and after any. called: of the family. */
void scan_begin(FILE *stream, const char *called, const void *frame);
void scanned(const struct scan *scan, va_list arguments, const void *frame);

/* The bodies of the family, which takes `format` last. The arguments are needed again after the
   call, which is given a copy of them, `own`. old: %as allocates. */
#define SCANS(stream, from, wide, old, called, call)                                               \
    {                                                                                              \
        va_list own;                                                                               \
        if (stream_wanted(stream))                                                                 \
            scan_begin(stream, called, FRAME);                                                     \
        va_copy(own, arguments);                                                                   \
        int result = call;                                                                         \
        va_end(own);                                                                               \
        if (access_watched())                                                                      \
            scanned(&(struct scan){stream, from, {format, wide}, old, result}, arguments, FRAME);  \
        return result;                                                                             \
    }
#define SCANS_MORE(stream, from, wide, old, called, call)                                          \
    {                                                                                              \
        va_list arguments, own;                                                                    \
        va_start(arguments, format);                                                               \
        if (stream_wanted(stream))                                                                 \
            scan_begin(stream, called, FRAME);                                                     \
        va_copy(own, arguments);                                                                   \
        int result = call;                                                                         \
        va_end(own);                                                                               \
        if (access_watched())                                                                      \
            scanned(&(struct scan){stream, from, {format, wide}, old, result}, arguments, FRAME);  \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }

#endif
