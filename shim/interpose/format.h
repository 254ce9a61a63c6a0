/*
 * What printf and scanf do with their arguments, as their format says: which strings they read and
 * what they write. Used by the wrappers of both families; pure functions, so that a test can
 * compare them with libc.
 *
 * All of glibc's grammar: flags, width and precision (also as arguments), all length modifiers,
 * positions (%2$s), wide formats, allocation (%ms). At a conversion that we do not know
 * (register_printf_function) the rest of the format is given up.
 */
#ifndef HOLDFAST_INTERPOSE_FORMAT_H
#define HOLDFAST_INTERPOSE_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_ARGUMENTS 64 /* further ones are not looked at */

/* What is read (how: ACCESS_READ) or written (ACCESS_WRITE). */
typedef void format_visit(const void *at, size_t size, unsigned how, void *with);

/* A format: of char, or of wchar_t. */
struct format {
    const void *text;
    bool wide;
};

/* What printf reads of its arguments, and where %n writes. */
void format_print(const struct format *format, va_list arguments, format_visit *visit, void *with);

/* What scanf has written when it returned that it assigned this many. old: %as allocates, as in the
   functions without __isoc99. */
void format_scan(const struct format *format, bool old, int assigned, va_list arguments,
                 format_visit *visit, void *with);

/* Bytes of the format itself, with its end. */
size_t format_size(const struct format *format);

#endif
