/* printf and its family, to streams and descriptors. Each variadic one goes on to the one that
   takes a va_list, as libc does itself. */
#include "interpose/print.h"

int wrap_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stdout, "printf", format, false, arguments, FRAME);
    int result = real.vprintf(format, arguments);
    va_end(arguments);
    return result;
}

int wrap__IO_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stdout, "printf", format, false, arguments, FRAME);
    int result = real.vprintf(format, arguments);
    va_end(arguments);
    return result;
}

int wrap_fprintf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stream, "fprintf", format, false, arguments, FRAME);
    int result = real.vfprintf(stream, format, arguments);
    va_end(arguments);
    return result;
}

int wrap__IO_fprintf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stream, "fprintf", format, false, arguments, FRAME);
    int result = real.vfprintf(stream, format, arguments);
    va_end(arguments);
    return result;
}

int wrap_vprintf(const char *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stdout, "printf", format, false, arguments, FRAME);
    return real.vprintf(format, arguments);
}

int wrap_vfprintf(FILE *stream, const char *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stream, "fprintf", format, false, arguments, FRAME);
    return real.vfprintf(stream, format, arguments);
}

int wrap__IO_vfprintf(FILE *stream, const char *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stream, "fprintf", format, false, arguments, FRAME);
    return real.vfprintf(stream, format, arguments);
}

int wrap___printf_chk(int flag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stdout, "printf", format, false, arguments, FRAME);
    int result = real.__vprintf_chk(flag, format, arguments);
    va_end(arguments);
    return result;
}

int wrap___fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        stream_print(stream, "fprintf", format, false, arguments, FRAME);
    int result = real.__vfprintf_chk(stream, flag, format, arguments);
    va_end(arguments);
    return result;
}

int wrap___vprintf_chk(int flag, const char *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stdout, "printf", format, false, arguments, FRAME);
    return real.__vprintf_chk(flag, format, arguments);
}

int wrap___vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments)
{
    if (access_wanted())
        stream_print(stream, "fprintf", format, false, arguments, FRAME);
    return real.__vfprintf_chk(stream, flag, format, arguments);
}

int wrap_dprintf(int fd, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        descriptor_print(fd, format, arguments, FRAME);
    int result = real.vdprintf(fd, format, arguments);
    va_end(arguments);
    return result;
}

int wrap_vdprintf(int fd, const char *format, va_list arguments)
{
    if (access_wanted())
        descriptor_print(fd, format, arguments, FRAME);
    return real.vdprintf(fd, format, arguments);
}

int wrap___dprintf_chk(int fd, int flag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        descriptor_print(fd, format, arguments, FRAME);
    int result = real.__vdprintf_chk(fd, flag, format, arguments);
    va_end(arguments);
    return result;
}

int wrap___vdprintf_chk(int fd, int flag, const char *format, va_list arguments)
{
    if (access_wanted())
        descriptor_print(fd, format, arguments, FRAME);
    return real.__vdprintf_chk(fd, flag, format, arguments);
}
