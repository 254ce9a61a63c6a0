/* wprintf and its family. */
#include "interpose/print.h"

int wrap_wprintf(const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stdout, "wprintf", format, true, arguments, FRAME);
    int result = real.vwprintf(format, arguments);
    va_end(arguments);
    return result;
}

int wrap_fwprintf(FILE *stream, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stream, "fwprintf", format, true, arguments, FRAME);
    int result = real.vfwprintf(stream, format, arguments);
    va_end(arguments);
    return result;
}

int wrap_vwprintf(const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stdout, "wprintf", format, true, arguments, FRAME);
    return real.vwprintf(format, arguments);
}

int wrap_vfwprintf(FILE *stream, const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stream, "fwprintf", format, true, arguments, FRAME);
    return real.vfwprintf(stream, format, arguments);
}

int wrap___wprintf_chk(int flag, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stdout, "wprintf", format, true, arguments, FRAME);
    int result = real.__vwprintf_chk(flag, format, arguments);
    va_end(arguments);
    return result;
}

int wrap___fwprintf_chk(FILE *stream, int flag, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stream, "fwprintf", format, true, arguments, FRAME);
    int result = real.__vfwprintf_chk(stream, flag, format, arguments);
    va_end(arguments);
    return result;
}

int wrap___vwprintf_chk(int flag, const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stdout, "wprintf", format, true, arguments, FRAME);
    return real.__vwprintf_chk(flag, format, arguments);
}

int wrap___vfwprintf_chk(FILE *stream, int flag, const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stream, "fwprintf", format, true, arguments, FRAME);
    return real.__vfwprintf_chk(stream, flag, format, arguments);
}

int wrap_swprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, true, arguments, FRAME);
    int result = real.vswprintf(to, size, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, ((size_t)result + 1) * sizeof *to, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, true, arguments, FRAME);
    int result = real.vswprintf(to, size, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, ((size_t)result + 1) * sizeof *to, FRAME);
    return result;
}

int wrap___swprintf_chk(wchar_t *to, size_t size, int flag, size_t room, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, true, arguments, FRAME);
    int result = real.__vswprintf_chk(to, size, flag, room, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, ((size_t)result + 1) * sizeof *to, FRAME);
    va_end(arguments);
    return result;
}

int wrap___vswprintf_chk(wchar_t *to, size_t size, int flag, size_t room, const wchar_t *format,
                         va_list arguments)
{
    if (access_wanted())
        text_print(format, true, arguments, FRAME);
    int result = real.__vswprintf_chk(to, size, flag, room, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, ((size_t)result + 1) * sizeof *to, FRAME);
    return result;
}
