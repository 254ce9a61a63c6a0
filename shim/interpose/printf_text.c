/* printf and its family, to memory. What was printed is told after the call, whose result says how
   much it is. */
#include "interpose/print.h"

static void made_text(char **ret_text, size_t size, const void *frame)
{
    access_write(ret_text, sizeof *ret_text, frame);
    access_write(*ret_text, size, frame);
}

#define PRINTED         WRITES(to, (size_t)result + 1)
#define PRINTED_AT_MOST WRITES(to, access_ended((size_t)result, size))
#define MADE_TEXT       made_text(ret_text, (size_t)result + 1, FRAME)

/* clang-format off */
int wrap_sprintf(char *to, const char *format, ...)
PRINTS_MORE(TO_TEXT("sprintf"), real.vsprintf(to, format, arguments), PRINTED)
int wrap_vsprintf(char *to, const char *format, va_list arguments)
PRINTS(TO_TEXT("sprintf"), real.vsprintf(to, format, arguments), PRINTED)
int wrap__IO_sprintf(char *to, const char *format, ...)
PRINTS_MORE(TO_TEXT("sprintf"), real.vsprintf(to, format, arguments), PRINTED)
int wrap__IO_vsprintf(char *to, const char *format, va_list arguments)
PRINTS(TO_TEXT("sprintf"), real._IO_vsprintf(to, format, arguments), PRINTED)
int wrap___sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
PRINTS_MORE(TO_TEXT("sprintf"), real.__vsprintf_chk(to, flag, room, format, arguments), PRINTED)
int wrap___vsprintf_chk(char *to, int flag, size_t room, const char *format, va_list arguments)
PRINTS(TO_TEXT("sprintf"), real.__vsprintf_chk(to, flag, room, format, arguments), PRINTED)
int wrap_snprintf(char *to, size_t size, const char *format, ...)
PRINTS_MORE(TO_TEXT("snprintf"), real.vsnprintf(to, size, format, arguments), PRINTED_AT_MOST)
int wrap_vsnprintf(char *to, size_t size, const char *format, va_list arguments)
PRINTS(TO_TEXT("snprintf"), real.vsnprintf(to, size, format, arguments), PRINTED_AT_MOST)
int wrap___snprintf(char *to, size_t size, const char *format, ...)
PRINTS_MORE(TO_TEXT("snprintf"), real.vsnprintf(to, size, format, arguments), PRINTED_AT_MOST)
int wrap___vsnprintf(char *to, size_t size, const char *format, va_list arguments)
PRINTS(TO_TEXT("snprintf"), real.vsnprintf(to, size, format, arguments), PRINTED_AT_MOST)
int wrap___snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...)
PRINTS_MORE(TO_TEXT("snprintf"), real.__vsnprintf_chk(to, size, flag, room, format, arguments), PRINTED_AT_MOST)
int wrap___vsnprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, va_list arguments)
PRINTS(TO_TEXT("snprintf"), real.__vsnprintf_chk(to, size, flag, room, format, arguments), PRINTED_AT_MOST)
int wrap_asprintf(char **ret_text, const char *format, ...)
PRINTS_MORE(TO_TEXT("asprintf"), real.vasprintf(ret_text, format, arguments), MADE_TEXT)
int wrap_vasprintf(char **ret_text, const char *format, va_list arguments)
PRINTS(TO_TEXT("asprintf"), real.vasprintf(ret_text, format, arguments), MADE_TEXT)
int wrap___asprintf(char **ret_text, const char *format, ...)
PRINTS_MORE(TO_TEXT("asprintf"), real.vasprintf(ret_text, format, arguments), MADE_TEXT)
int wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...)
PRINTS_MORE(TO_TEXT("asprintf"), real.__vasprintf_chk(ret_text, flag, format, arguments), MADE_TEXT)
int wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments)
PRINTS(TO_TEXT("asprintf"), real.__vasprintf_chk(ret_text, flag, format, arguments), MADE_TEXT)
