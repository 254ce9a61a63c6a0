/* printf and its family, to memory. What was printed is told after the call, whose result says how
   much it is. */
#include "interpose/print.h"

static void made_text(char **ret_text, size_t size, const void *frame)
{
    access_write(ret_text, sizeof *ret_text, frame);
    access_write(*ret_text, size, frame);
}

int wrap_sprintf(char *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsprintf(to, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, (size_t)result + 1, FRAME);
    va_end(arguments);
    return result;
}

int wrap__IO_sprintf(char *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsprintf(to, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, (size_t)result + 1, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vsprintf(char *to, const char *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsprintf(to, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, (size_t)result + 1, FRAME);
    return result;
}

int wrap__IO_vsprintf(char *to, const char *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsprintf(to, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, (size_t)result + 1, FRAME);
    return result;
}

int wrap_snprintf(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsnprintf(to, size, format, arguments);
    if (access_watched() && result >= 0 && size)
        access_write(to, (size_t)result < size ? (size_t)result + 1 : size, FRAME);
    va_end(arguments);
    return result;
}

int wrap___snprintf(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsnprintf(to, size, format, arguments);
    if (access_watched() && result >= 0 && size)
        access_write(to, (size_t)result < size ? (size_t)result + 1 : size, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vsnprintf(char *to, size_t size, const char *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsnprintf(to, size, format, arguments);
    if (access_watched() && result >= 0 && size)
        access_write(to, (size_t)result < size ? (size_t)result + 1 : size, FRAME);
    return result;
}

int wrap___vsnprintf(char *to, size_t size, const char *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vsnprintf(to, size, format, arguments);
    if (access_watched() && result >= 0 && size)
        access_write(to, (size_t)result < size ? (size_t)result + 1 : size, FRAME);
    return result;
}

int wrap___sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.__vsprintf_chk(to, flag, room, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, (size_t)result + 1, FRAME);
    va_end(arguments);
    return result;
}

int wrap___vsprintf_chk(char *to, int flag, size_t room, const char *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.__vsprintf_chk(to, flag, room, format, arguments);
    if (access_watched() && result >= 0)
        access_write(to, (size_t)result + 1, FRAME);
    return result;
}

int wrap___snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.__vsnprintf_chk(to, size, flag, room, format, arguments);
    if (access_watched() && result >= 0 && size)
        access_write(to, (size_t)result < size ? (size_t)result + 1 : size, FRAME);
    va_end(arguments);
    return result;
}

int wrap___vsnprintf_chk(char *to, size_t size, int flag, size_t room, const char *format,
                         va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.__vsnprintf_chk(to, size, flag, room, format, arguments);
    if (access_watched() && result >= 0 && size)
        access_write(to, (size_t)result < size ? (size_t)result + 1 : size, FRAME);
    return result;
}

int wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vasprintf(ret_text, format, arguments);
    if (access_watched() && result >= 0)
        made_text(ret_text, (size_t)result + 1, FRAME);
    va_end(arguments);
    return result;
}

int wrap___asprintf(char **ret_text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vasprintf(ret_text, format, arguments);
    if (access_watched() && result >= 0)
        made_text(ret_text, (size_t)result + 1, FRAME);
    va_end(arguments);
    return result;
}

int wrap_vasprintf(char **ret_text, const char *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.vasprintf(ret_text, format, arguments);
    if (access_watched() && result >= 0)
        made_text(ret_text, (size_t)result + 1, FRAME);
    return result;
}

int wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.__vasprintf_chk(ret_text, flag, format, arguments);
    if (access_watched() && result >= 0)
        made_text(ret_text, (size_t)result + 1, FRAME);
    va_end(arguments);
    return result;
}

int wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments)
{
    if (access_wanted())
        text_print(format, false, arguments, FRAME);
    int result = real.__vasprintf_chk(ret_text, flag, format, arguments);
    if (access_watched() && result >= 0)
        made_text(ret_text, (size_t)result + 1, FRAME);
    return result;
}
