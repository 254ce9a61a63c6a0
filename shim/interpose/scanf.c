/*
 * scanf and its family. What was written is told after the call, whose result says how
 * many conversions were made. libc reads the string of sscanf to its end, whatever the format asks.
 */
#include "interpose/scan.h"

int wrap_scanf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stdin, "scanf", FRAME);
    int result = SCAN(real.vscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, false}, true, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vscanf(const char *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stdin, "scanf", FRAME);
    int result = SCAN(real.vscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, false}, true, result}, arguments, FRAME);
    return result;
}

int wrap_fscanf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stream, "fscanf", FRAME);
    int result = SCAN(real.vfscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, false}, true, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vfscanf(FILE *stream, const char *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stream, "fscanf", FRAME);
    int result = SCAN(real.vfscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, false}, true, result}, arguments, FRAME);
    return result;
}

int wrap_sscanf(const char *from, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = SCAN(real.vsscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, false}, true, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vsscanf(const char *from, const char *format, va_list arguments)
{
    int result = SCAN(real.vsscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, false}, true, result}, arguments, FRAME);
    return result;
}

int wrap___isoc99_scanf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stdin, "scanf", FRAME);
    int result = SCAN(real.__isoc99_vscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, false}, false, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap___isoc99_vscanf(const char *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stdin, "scanf", FRAME);
    int result = SCAN(real.__isoc99_vscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, false}, false, result}, arguments, FRAME);
    return result;
}

int wrap___isoc99_fscanf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stream, "fscanf", FRAME);
    int result = SCAN(real.__isoc99_vfscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, false}, false, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap___isoc99_vfscanf(FILE *stream, const char *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stream, "fscanf", FRAME);
    int result = SCAN(real.__isoc99_vfscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, false}, false, result}, arguments, FRAME);
    return result;
}

int wrap___isoc99_sscanf(const char *from, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = SCAN(real.__isoc99_vsscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, false}, false, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap___isoc99_vsscanf(const char *from, const char *format, va_list arguments)
{
    int result = SCAN(real.__isoc99_vsscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, false}, false, result}, arguments, FRAME);
    return result;
}

int wrap__IO_sscanf(const char *from, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = SCAN(real.vsscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, false}, true, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap___vsscanf(const char *from, const char *format, va_list arguments)
{
    int result = SCAN(real.__vsscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, false}, true, result}, arguments, FRAME);
    return result;
}

int wrap___vfscanf(FILE *stream, const char *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stream, "fscanf", FRAME);
    int result = SCAN(real.__vfscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, false}, true, result}, arguments, FRAME);
    return result;
}
