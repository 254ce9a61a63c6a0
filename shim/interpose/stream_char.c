/* stdio by the character: no memory of the program's is touched, but the stream is used. */
#include "interpose/stream_call.h"

#define PUT(type, name, character)                                                                 \
    type wrap_##name(character c, FILE *stream)                                                    \
    {                                                                                              \
        if (stream_wanted(stream))                                                                 \
            stream_out(stream, #name, NULL, 0, FRAME);                                             \
        return real.name(c, stream);                                                               \
    }
#define PUT_STDOUT(type, name, character)                                                          \
    type wrap_##name(character c)                                                                  \
    {                                                                                              \
        if (stream_wanted(stream))                                                                 \
            stream_out(stdout, #name, NULL, 0, FRAME);                                             \
        return real.name(c);                                                                       \
    }
#define PUT_BACK(type, name, character)                                                            \
    type wrap_##name(character c, FILE *stream)                                                    \
    {                                                                                              \
        if (stream_wanted(stream))                                                                 \
            stream_use(stream, #name, FRAME);                                                      \
        return real.name(c, stream);                                                               \
    }
#define GET(type, name)                                                                            \
    type wrap_##name(FILE *stream)                                                                 \
    {                                                                                              \
        if (stream_wanted(stream))                                                                 \
            stream_use(stream, #name, FRAME);                                                      \
        type result = real.name(stream);                                                           \
        if (access_watched())                                                                      \
            stream_in(stream, NULL, 0, FRAME);                                                     \
        return result;                                                                             \
    }
#define GET_STDIN(type, name)                                                                      \
    type wrap_##name(void)                                                                         \
    {                                                                                              \
        if (stream_wanted(stream))                                                                 \
            stream_use(stdin, #name, FRAME);                                                       \
        type result = real.name();                                                                 \
        if (access_watched())                                                                      \
            stream_in(stdin, NULL, 0, FRAME);                                                      \
        return result;                                                                             \
    }

/* clang-format off */
PUT(int, fputc, int)
PUT(int, putc, int)
PUT(int, _IO_putc, int)
PUT(int, putc_unlocked, int)
PUT(int, fputc_unlocked, int)
PUT_STDOUT(int, putchar, int)
PUT_STDOUT(int, putchar_unlocked, int)
PUT(int, putw, int)
PUT(wint_t, fputwc, wchar_t)
PUT(wint_t, putwc, wchar_t)
PUT(wint_t, fputwc_unlocked, wchar_t)
PUT(wint_t, putwc_unlocked, wchar_t)
PUT_STDOUT(wint_t, putwchar, wchar_t)
PUT_STDOUT(wint_t, putwchar_unlocked, wchar_t)
PUT_BACK(int, ungetc, int)
PUT_BACK(int, _IO_ungetc, int)
PUT_BACK(wint_t, ungetwc, wint_t)
GET(int, fgetc)
GET(int, getc)
GET(int, _IO_getc)
GET(int, getc_unlocked)
GET(int, fgetc_unlocked)
GET_STDIN(int, getchar)
GET_STDIN(int, getchar_unlocked)
GET(int, getw)
GET(wint_t, fgetwc)
GET(wint_t, getwc)
GET(wint_t, fgetwc_unlocked)
GET(wint_t, getwc_unlocked)
GET_STDIN(wint_t, getwchar)
GET_STDIN(wint_t, getwchar_unlocked)
/* clang-format on */
