/*
 * stdio input into memory. Of a line with NULs in it what comes before the first is told: only
 * getline says how long it is.
 */
#include "interpose/stream_call.h"

static void got_text(FILE *stream, const char *text, const void *frame)
{
    stream_in(stream, text, text ? real.strlen(text) + 1 : 0, frame);
}

static void got_wide(FILE *stream, const wchar_t *text, const void *frame)
{
    stream_in(stream, text, text ? (real.wcslen(text) + 1) * sizeof *text : 0, frame);
}

/* The line lies in a block that may be a new one, of which the two variables are told. */
static void got_line(FILE *stream, char **line, size_t *room, ssize_t length, const void *frame)
{
    stream_in(stream, line, sizeof *line, frame);
    access_write(room, sizeof *room, frame);
    if (length >= 0)
        access_write(*line, (size_t)length + 1, frame);
}

/* clang-format off */
size_t wrap_fread(void *to, size_t size, size_t count, FILE *stream)
WANTS(stream_use(stream, "fread", FRAME), real.fread(to, size, count, stream),
      stream_in(stream, to, result * size, FRAME))
size_t wrap__IO_fread(void *to, size_t size, size_t count, FILE *stream)
WANTS(stream_use(stream, "fread", FRAME), real._IO_fread(to, size, count, stream),
      stream_in(stream, to, result * size, FRAME))
size_t wrap_fread_unlocked(void *to, size_t size, size_t count, FILE *stream)
WANTS(stream_use(stream, "fread", FRAME), real.fread_unlocked(to, size, count, stream),
      stream_in(stream, to, result * size, FRAME))
size_t wrap___fread_chk(void *to, size_t room, size_t size, size_t count, FILE *stream)
WANTS(stream_use(stream, "fread", FRAME), real.__fread_chk(to, room, size, count, stream),
      stream_in(stream, to, result * size, FRAME))
size_t wrap___fread_unlocked_chk(void *to, size_t room, size_t size, size_t count, FILE *stream)
WANTS(stream_use(stream, "fread", FRAME), real.__fread_unlocked_chk(to, room, size, count, stream),
      stream_in(stream, to, result * size, FRAME))
char *wrap_fgets(char *to, int size, FILE *stream)
WANTS(stream_use(stream, "fgets", FRAME), real.fgets(to, size, stream), got_text(stream, result, FRAME))
char *wrap__IO_fgets(char *to, int size, FILE *stream)
WANTS(stream_use(stream, "fgets", FRAME), real._IO_fgets(to, size, stream), got_text(stream, result, FRAME))
char *wrap_fgets_unlocked(char *to, int size, FILE *stream)
WANTS(stream_use(stream, "fgets", FRAME), real.fgets_unlocked(to, size, stream),
      got_text(stream, result, FRAME))
char *wrap___fgets_chk(char *to, size_t room, int size, FILE *stream)
WANTS(stream_use(stream, "fgets", FRAME), real.__fgets_chk(to, room, size, stream),
      got_text(stream, result, FRAME))
char *wrap___fgets_unlocked_chk(char *to, size_t room, int size, FILE *stream)
WANTS(stream_use(stream, "fgets", FRAME), real.__fgets_unlocked_chk(to, room, size, stream),
      got_text(stream, result, FRAME))
wchar_t *wrap_fgetws(wchar_t *to, int size, FILE *stream)
WANTS(stream_use(stream, "fgetws", FRAME), real.fgetws(to, size, stream), got_wide(stream, result, FRAME))
wchar_t *wrap_fgetws_unlocked(wchar_t *to, int size, FILE *stream)
WANTS(stream_use(stream, "fgetws", FRAME), real.fgetws_unlocked(to, size, stream),
      got_wide(stream, result, FRAME))
wchar_t *wrap___fgetws_chk(wchar_t *to, size_t room, int size, FILE *stream)
WANTS(stream_use(stream, "fgetws", FRAME), real.__fgetws_chk(to, room, size, stream),
      got_wide(stream, result, FRAME))
wchar_t *wrap___fgetws_unlocked_chk(wchar_t *to, size_t room, int size, FILE *stream)
WANTS(stream_use(stream, "fgetws", FRAME), real.__fgetws_unlocked_chk(to, room, size, stream),
      got_wide(stream, result, FRAME))
char *wrap_gets(char *to)
WANTS(stream_use(stdin, "gets", FRAME), real.gets(to), got_text(stdin, result, FRAME))
char *wrap__IO_gets(char *to)
WANTS(stream_use(stdin, "gets", FRAME), real._IO_gets(to), got_text(stdin, result, FRAME))
char *wrap___gets_chk(char *to, size_t room)
WANTS(stream_use(stdin, "gets", FRAME), real.__gets_chk(to, room), got_text(stdin, result, FRAME))
ssize_t wrap_getline(char **line, size_t *room, FILE *stream)
WANTS(stream_use(stream, "getline", FRAME), real.getline(line, room, stream),
      got_line(stream, line, room, result, FRAME))
ssize_t wrap_getdelim(char **line, size_t *room, int delimiter, FILE *stream)
WANTS(stream_use(stream, "getdelim", FRAME), real.getdelim(line, room, delimiter, stream),
      got_line(stream, line, room, result, FRAME))
ssize_t wrap___getdelim(char **line, size_t *room, int delimiter, FILE *stream)
WANTS(stream_use(stream, "getdelim", FRAME), real.__getdelim(line, room, delimiter, stream),
      got_line(stream, line, room, result, FRAME))
/* clang-format on */
