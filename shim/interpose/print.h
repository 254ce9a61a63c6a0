/* What the wrappers of the printf family tell before the real call: the format, the strings that
   its conversions read, where %n writes. The arguments are copied first. */
#ifndef HOLDFAST_INTERPOSE_PRINT_H
#define HOLDFAST_INTERPOSE_PRINT_H

#include <stdarg.h>

#include "interpose/stream_call.h"

/* To a stream. called is a name of the family. */
void stream_print(FILE *stream, const char *called, const void *format, bool wide,
                  va_list arguments, const void *frame);

/* To a descriptor. */
void descriptor_print(int fd, const char *format, va_list arguments, const void *frame);

/* To memory. called is a name of the family. */
void text_print(const char *called, const void *format, bool wide, va_list arguments,
                const void *frame);

/* The bodies of the family, which takes `format` last: of those that take a va_list, and of those
   that go on to them, as libc does itself. before: PRINTS_TO_…; after: told when all went well,
   with the result. */
#define PRINTS(before, call, after)                                                                \
    {                                                                                              \
        if (stream_wanted(stream))                                                                 \
            before;                                                                                \
        int result = call;                                                                         \
        if (access_watched() && result >= 0) {                                                     \
            after;                                                                                 \
        }                                                                                          \
        return result;                                                                             \
    }
#define PRINTS_MORE(before, call, after)                                                           \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        if (stream_wanted(stream))                                                                 \
            before;                                                                                \
        int result = call;                                                                         \
        if (access_watched() && result >= 0) {                                                     \
            after;                                                                                 \
        }                                                                                          \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }

#define TO_STREAM(stream, called)      stream_print(stream, called, format, false, arguments, FRAME)
#define TO_STREAM_WIDE(stream, called) stream_print(stream, called, format, true, arguments, FRAME)
#define TO_DESCRIPTOR(fd)              descriptor_print(fd, format, arguments, FRAME)
#define TO_TEXT(called)                text_print(called, format, false, arguments, FRAME)
#define TO_TEXT_WIDE(called)           text_print(called, format, true, arguments, FRAME)
#define NO_MORE                        (void)0

#endif
