/*
 * scanf and its family, wide. What was written is told after the call, whose result says how
 * many conversions were made. libc reads the string of swscanf to its end, whatever the format
 * asks.
 */
#include "interpose/scan.h"

int wrap_wscanf(const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stdin, "wscanf", FRAME);
    int result = SCAN(real.vwscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, true}, true, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vwscanf(const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stdin, "wscanf", FRAME);
    int result = SCAN(real.vwscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, true}, true, result}, arguments, FRAME);
    return result;
}

int wrap_fwscanf(FILE *stream, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stream, "fwscanf", FRAME);
    int result = SCAN(real.vfwscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, true}, true, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vfwscanf(FILE *stream, const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stream, "fwscanf", FRAME);
    int result = SCAN(real.vfwscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, true}, true, result}, arguments, FRAME);
    return result;
}

int wrap_swscanf(const wchar_t *from, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = SCAN(real.vswscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, true}, true, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vswscanf(const wchar_t *from, const wchar_t *format, va_list arguments)
{
    int result = SCAN(real.vswscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, true}, true, result}, arguments, FRAME);
    return result;
}

int wrap___isoc99_wscanf(const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stdin, "wscanf", FRAME);
    int result = SCAN(real.__isoc99_vwscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, true}, false, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap___isoc99_vwscanf(const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stdin, "wscanf", FRAME);
    int result = SCAN(real.__isoc99_vwscanf(format, own));
    if (access_watched())
        scanned(&(struct scan){stdin, NULL, {format, true}, false, result}, arguments, FRAME);
    return result;
}

int wrap___isoc99_fwscanf(FILE *stream, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        scan_begin(stream, "fwscanf", FRAME);
    int result = SCAN(real.__isoc99_vfwscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, true}, false, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap___isoc99_vfwscanf(FILE *stream, const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        scan_begin(stream, "fwscanf", FRAME);
    int result = SCAN(real.__isoc99_vfwscanf(stream, format, own));
    if (access_watched())
        scanned(&(struct scan){stream, NULL, {format, true}, false, result}, arguments, FRAME);
    return result;
}

int wrap___isoc99_swscanf(const wchar_t *from, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = SCAN(real.__isoc99_vswscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, true}, false, result}, arguments, FRAME);
    va_end(arguments);
    return result;
}

int wrap___isoc99_vswscanf(const wchar_t *from, const wchar_t *format, va_list arguments)
{
    int result = SCAN(real.__isoc99_vswscanf(from, format, own));
    if (access_watched())
        scanned(&(struct scan){NULL, from, {format, true}, false, result}, arguments, FRAME);
    return result;
}
