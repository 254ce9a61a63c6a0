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

/* To memory. */
void text_print(const void *format, bool wide, va_list arguments, const void *frame);

#endif
