/* stdio calls on a stream's position, state and buffer. */
#include "interpose/stream_call.h"

int wrap_fseek(FILE *stream, long offset, int whence)
{
    if (access_wanted())
        stream_use(stream, "fseek", FRAME);
    return real.fseek(stream, offset, whence);
}

int wrap_fseeko(FILE *stream, off_t offset, int whence)
{
    if (access_wanted())
        stream_use(stream, "fseeko", FRAME);
    return real.fseeko(stream, offset, whence);
}

int wrap_fseeko64(FILE *stream, off64_t offset, int whence)
{
    if (access_wanted())
        stream_use(stream, "fseeko64", FRAME);
    return real.fseeko64(stream, offset, whence);
}

void wrap_rewind(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "rewind", FRAME);
    real.rewind(stream);
}

long wrap_ftell(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "ftell", FRAME);
    return real.ftell(stream);
}

off_t wrap_ftello(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "ftello", FRAME);
    return real.ftello(stream);
}

off64_t wrap_ftello64(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "ftello64", FRAME);
    return real.ftello64(stream);
}

int wrap_fsetpos(FILE *stream, const fpos_t *position)
{
    if (access_wanted())
        stream_use(stream, "fsetpos", FRAME);
    return real.fsetpos(stream, position);
}

int wrap_fsetpos64(FILE *stream, const fpos64_t *position)
{
    if (access_wanted())
        stream_use(stream, "fsetpos64", FRAME);
    return real.fsetpos64(stream, position);
}

int wrap_fgetpos(FILE *stream, fpos_t *ret_position)
{
    if (access_wanted())
        stream_use(stream, "fgetpos", FRAME);
    return real.fgetpos(stream, ret_position);
}

int wrap_fgetpos64(FILE *stream, fpos64_t *ret_position)
{
    if (access_wanted())
        stream_use(stream, "fgetpos64", FRAME);
    return real.fgetpos64(stream, ret_position);
}

int wrap_feof(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "feof", FRAME);
    return real.feof(stream);
}

int wrap_feof_unlocked(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "feof_unlocked", FRAME);
    return real.feof_unlocked(stream);
}

int wrap_ferror(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "ferror", FRAME);
    return real.ferror(stream);
}

int wrap_ferror_unlocked(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "ferror_unlocked", FRAME);
    return real.ferror_unlocked(stream);
}

int wrap_fileno(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fileno", FRAME);
    return real.fileno(stream);
}

int wrap_fileno_unlocked(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "fileno_unlocked", FRAME);
    return real.fileno_unlocked(stream);
}

void wrap_clearerr(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "clearerr", FRAME);
    real.clearerr(stream);
}

void wrap_clearerr_unlocked(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "clearerr_unlocked", FRAME);
    real.clearerr_unlocked(stream);
}

void wrap_setlinebuf(FILE *stream)
{
    if (access_wanted())
        stream_use(stream, "setlinebuf", FRAME);
    real.setlinebuf(stream);
}

int wrap_setvbuf(FILE *stream, char *buffer, int mode, size_t size)
{
    if (access_wanted())
        stream_use(stream, "setvbuf", FRAME);
    return real.setvbuf(stream, buffer, mode, size);
}

void wrap_setbuf(FILE *stream, char *buffer)
{
    if (access_wanted())
        stream_use(stream, "setbuf", FRAME);
    real.setbuf(stream, buffer);
}

void wrap_setbuffer(FILE *stream, char *buffer, size_t size)
{
    if (access_wanted())
        stream_use(stream, "setbuffer", FRAME);
    real.setbuffer(stream, buffer, size);
}

int wrap_fwide(FILE *stream, int mode)
{
    if (access_wanted())
        stream_use(stream, "fwide", FRAME);
    return real.fwide(stream, mode);
}
