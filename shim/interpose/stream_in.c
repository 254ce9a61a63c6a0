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

size_t wrap_fread(void *to, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fread", FRAME);
    size_t result = real.fread(to, size, count, stream);
    if (access_watched())
        stream_in(stream, to, result * size, FRAME);
    return result;
}

size_t wrap__IO_fread(void *to, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fread", FRAME);
    size_t result = real._IO_fread(to, size, count, stream);
    if (access_watched())
        stream_in(stream, to, result * size, FRAME);
    return result;
}

size_t wrap_fread_unlocked(void *to, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fread", FRAME);
    size_t result = real.fread_unlocked(to, size, count, stream);
    if (access_watched())
        stream_in(stream, to, result * size, FRAME);
    return result;
}

size_t wrap___fread_chk(void *to, size_t room, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fread", FRAME);
    size_t result = real.__fread_chk(to, room, size, count, stream);
    if (access_watched())
        stream_in(stream, to, result * size, FRAME);
    return result;
}

size_t wrap___fread_unlocked_chk(void *to, size_t room, size_t size, size_t count, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fread", FRAME);
    size_t result = real.__fread_unlocked_chk(to, room, size, count, stream);
    if (access_watched())
        stream_in(stream, to, result * size, FRAME);
    return result;
}

char *wrap_fgets(char *to, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgets", FRAME);
    char *result = real.fgets(to, size, stream);
    if (access_watched())
        got_text(stream, result, FRAME);
    return result;
}

char *wrap__IO_fgets(char *to, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgets", FRAME);
    char *result = real._IO_fgets(to, size, stream);
    if (access_watched())
        got_text(stream, result, FRAME);
    return result;
}

char *wrap_fgets_unlocked(char *to, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgets", FRAME);
    char *result = real.fgets_unlocked(to, size, stream);
    if (access_watched())
        got_text(stream, result, FRAME);
    return result;
}

char *wrap___fgets_chk(char *to, size_t room, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgets", FRAME);
    char *result = real.__fgets_chk(to, room, size, stream);
    if (access_watched())
        got_text(stream, result, FRAME);
    return result;
}

char *wrap___fgets_unlocked_chk(char *to, size_t room, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgets", FRAME);
    char *result = real.__fgets_unlocked_chk(to, room, size, stream);
    if (access_watched())
        got_text(stream, result, FRAME);
    return result;
}

wchar_t *wrap_fgetws(wchar_t *to, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgetws", FRAME);
    wchar_t *result = real.fgetws(to, size, stream);
    if (access_watched())
        got_wide(stream, result, FRAME);
    return result;
}

wchar_t *wrap_fgetws_unlocked(wchar_t *to, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgetws", FRAME);
    wchar_t *result = real.fgetws_unlocked(to, size, stream);
    if (access_watched())
        got_wide(stream, result, FRAME);
    return result;
}

wchar_t *wrap___fgetws_chk(wchar_t *to, size_t room, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgetws", FRAME);
    wchar_t *result = real.__fgetws_chk(to, room, size, stream);
    if (access_watched())
        got_wide(stream, result, FRAME);
    return result;
}

wchar_t *wrap___fgetws_unlocked_chk(wchar_t *to, size_t room, int size, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fgetws", FRAME);
    wchar_t *result = real.__fgetws_unlocked_chk(to, room, size, stream);
    if (access_watched())
        got_wide(stream, result, FRAME);
    return result;
}

char *wrap_gets(char *to)
{
    if (access_wanted())
        stream_use(stdin, "gets", FRAME);
    char *result = real.gets(to);
    if (access_watched())
        got_text(stdin, result, FRAME);
    return result;
}

char *wrap__IO_gets(char *to)
{
    if (access_wanted())
        stream_use(stdin, "gets", FRAME);
    char *result = real._IO_gets(to);
    if (access_watched())
        got_text(stdin, result, FRAME);
    return result;
}

char *wrap___gets_chk(char *to, size_t room)
{
    if (access_wanted())
        stream_use(stdin, "gets", FRAME);
    char *result = real.__gets_chk(to, room);
    if (access_watched())
        got_text(stdin, result, FRAME);
    return result;
}

ssize_t wrap_getline(char **line, size_t *room, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "getline", FRAME);
    ssize_t result = real.getline(line, room, stream);
    if (access_watched())
        got_line(stream, line, room, result, FRAME);
    return result;
}

ssize_t wrap_getdelim(char **line, size_t *room, int delimiter, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "getdelim", FRAME);
    ssize_t result = real.getdelim(line, room, delimiter, stream);
    if (access_watched())
        got_line(stream, line, room, result, FRAME);
    return result;
}

ssize_t wrap___getdelim(char **line, size_t *room, int delimiter, FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "getdelim", FRAME);
    ssize_t result = real.__getdelim(line, room, delimiter, stream);
    if (access_watched())
        got_line(stream, line, room, result, FRAME);
    return result;
}
