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

/* Before a scan of a stream, and after any. */
void scan_begin(FILE *stream, const char *called, const void *frame);
void scanned(const struct scan *scan, va_list arguments, const void *frame);

/* A call with a copy of the arguments, which are needed again afterwards. */
#define SCAN(call)                                                                                 \
    ({                                                                                             \
        va_list own;                                                                               \
        va_copy(own, arguments);                                                                   \
        int scan_result = call;                                                                    \
        va_end(own);                                                                               \
        scan_result;                                                                               \
    })

#endif
