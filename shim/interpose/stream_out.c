/* stdio output of bytes and strings. */
#include "interpose/stream_call.h"

/* clang-format off */
size_t wrap_fwrite(const void *from, size_t size, size_t count, FILE *stream)
WANTS_BEFORE(real.fwrite(from, size, count, stream), stream_out(stream, "fwrite", from, size * count, FRAME))
size_t wrap__IO_fwrite(const void *from, size_t size, size_t count, FILE *stream)
WANTS_BEFORE(real._IO_fwrite(from, size, count, stream),
             stream_out(stream, "fwrite", from, size * count, FRAME))
size_t wrap_fwrite_unlocked(const void *from, size_t size, size_t count, FILE *stream)
WANTS_BEFORE(real.fwrite_unlocked(from, size, count, stream),
             stream_out(stream, "fwrite", from, size * count, FRAME))
int wrap_fputs(const char *text, FILE *stream)
WANTS_BEFORE(real.fputs(text, stream), stream_out_text(stream, "fputs", text, FRAME))
int wrap__IO_fputs(const char *text, FILE *stream)
WANTS_BEFORE(real._IO_fputs(text, stream), stream_out_text(stream, "fputs", text, FRAME))
int wrap_fputs_unlocked(const char *text, FILE *stream)
WANTS_BEFORE(real.fputs_unlocked(text, stream), stream_out_text(stream, "fputs", text, FRAME))
int wrap_puts(const char *text)
WANTS_BEFORE(real.puts(text), stream_out_text(stdout, "puts", text, FRAME))
int wrap__IO_puts(const char *text)
WANTS_BEFORE(real._IO_puts(text), stream_out_text(stdout, "puts", text, FRAME))
int wrap_fputws(const wchar_t *text, FILE *stream)
WANTS_BEFORE(real.fputws(text, stream), stream_out_wide(stream, "fputws", text, FRAME))
int wrap_fputws_unlocked(const wchar_t *text, FILE *stream)
WANTS_BEFORE(real.fputws_unlocked(text, stream), stream_out_wide(stream, "fputws", text, FRAME))
void wrap_perror(const char *text)
WANTS_BEFORE(real.perror(text), stream_out_text(stderr, "perror", text, FRAME))
int wrap_fflush(FILE *stream)
WANTS_BEFORE(real.fflush(stream), stream_out(stream, "fflush", NULL, 0, FRAME))
int wrap__IO_fflush(FILE *stream)
WANTS_BEFORE(real._IO_fflush(stream), stream_out(stream, "fflush", NULL, 0, FRAME))
int wrap_fflush_unlocked(FILE *stream)
WANTS_BEFORE(real.fflush_unlocked(stream), stream_out(stream, "fflush", NULL, 0, FRAME))
/* clang-format on */
