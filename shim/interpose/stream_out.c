/* stdio output of bytes and strings. */
#include "interpose/stream_call.h"

size_t wrap_fwrite(const void *from, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_out(stream, "fwrite", from, size * count, FRAME);
    return real.fwrite(from, size, count, stream);
}

size_t wrap__IO_fwrite(const void *from, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_out(stream, "fwrite", from, size * count, FRAME);
    return real._IO_fwrite(from, size, count, stream);
}

size_t wrap_fwrite_unlocked(const void *from, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_out(stream, "fwrite", from, size * count, FRAME);
    return real.fwrite_unlocked(from, size, count, stream);
}

int wrap_fputs(const char *text, FILE *stream)
{
    if (access_wanted())
        stream_out_text(stream, "fputs", text, FRAME);
    return real.fputs(text, stream);
}

int wrap__IO_fputs(const char *text, FILE *stream)
{
    if (access_wanted())
        stream_out_text(stream, "fputs", text, FRAME);
    return real._IO_fputs(text, stream);
}

int wrap_fputs_unlocked(const char *text, FILE *stream)
{
    if (access_wanted())
        stream_out_text(stream, "fputs", text, FRAME);
    return real.fputs_unlocked(text, stream);
}

int wrap_puts(const char *text)
{
    if (access_wanted())
        stream_out_text(stdout, "puts", text, FRAME);
    return real.puts(text);
}

int wrap__IO_puts(const char *text)
{
    if (access_wanted())
        stream_out_text(stdout, "puts", text, FRAME);
    return real._IO_puts(text);
}

int wrap_fputws(const wchar_t *text, FILE *stream)
{
    if (access_wanted())
        stream_out_wide(stream, "fputws", text, FRAME);
    return real.fputws(text, stream);
}

int wrap_fputws_unlocked(const wchar_t *text, FILE *stream)
{
    if (access_wanted())
        stream_out_wide(stream, "fputws", text, FRAME);
    return real.fputws_unlocked(text, stream);
}

void wrap_perror(const char *text)
{
    if (access_wanted())
        stream_out_text(stderr, "perror", text, FRAME);
    real.perror(text);
}

int wrap_fflush(FILE *stream)
{
    if (access_wanted())
        stream_out(stream, "fflush", NULL, 0, FRAME);
    return real.fflush(stream);
}

int wrap__IO_fflush(FILE *stream)
{
    if (access_wanted())
        stream_out(stream, "fflush", NULL, 0, FRAME);
    return real._IO_fflush(stream);
}

int wrap_fflush_unlocked(FILE *stream)
{
    if (access_wanted())
        stream_out(stream, "fflush", NULL, 0, FRAME);
    return real.fflush_unlocked(stream);
}
