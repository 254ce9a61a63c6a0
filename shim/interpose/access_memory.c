/*
 * Functions on bytes whose number the caller says.
 *
 * memcpy goes to memmove: programs built for memcpy@GLIBC_2.2.5, which serves overlapping ranges,
 * come to us by the same name, and in glibc both are the same code.
 */
#include "interpose/access.h"

static void *early_move(void *to, const void *from, size_t size)
{
    unsigned char *at = to;
    const unsigned char *of = from;
    if (at <= of)
        for (size_t i = 0; i < size; i++)
            at[i] = of[i];
    else
        for (size_t i = size; i-- > 0;)
            at[i] = of[i];
    return to;
}

static void *early_set(void *at, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)at)[i] = (unsigned char)byte;
    return at;
}

static int early_compare(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    for (size_t i = 0; i < size; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

void *wrap_memcpy(void *to, const void *from, size_t size)
{
    if (access_watched())
        access_copy(to, from, size, FRAME);
    return ACCESS_RELOCATED(memmove) ? real.memmove(to, from, size) : early_move(to, from, size);
}

void *wrap_memmove(void *to, const void *from, size_t size)
{
    if (access_watched())
        access_copy(to, from, size, FRAME);
    return ACCESS_RELOCATED(memmove) ? real.memmove(to, from, size) : early_move(to, from, size);
}

void *wrap_mempcpy(void *to, const void *from, size_t size)
{
    if (access_watched())
        access_copy(to, from, size, FRAME);
    return ACCESS_RELOCATED(mempcpy) ? real.mempcpy(to, from, size)
                                     : (char *)early_move(to, from, size) + size;
}

void *wrap___mempcpy(void *to, const void *from, size_t size)
{
    if (access_watched())
        access_copy(to, from, size, FRAME);
    return real.__mempcpy(to, from, size);
}

/* The size may be more than there is room for: then nothing is written, and the program ends. */
#define FITS(size, room) ((size) <= (room) ? (size) : 0)

void *wrap___memcpy_chk(void *to, const void *from, size_t size, size_t room)
{
    if (access_watched())
        access_copy(to, from, FITS(size, room), FRAME);
    return real.__memcpy_chk(to, from, size, room);
}

void *wrap___memmove_chk(void *to, const void *from, size_t size, size_t room)
{
    if (access_watched())
        access_copy(to, from, FITS(size, room), FRAME);
    return real.__memmove_chk(to, from, size, room);
}

void *wrap___mempcpy_chk(void *to, const void *from, size_t size, size_t room)
{
    if (access_watched())
        access_copy(to, from, FITS(size, room), FRAME);
    return real.__mempcpy_chk(to, from, size, room);
}

void wrap_bcopy(const void *from, void *to, size_t size)
{
    if (access_watched())
        access_copy(to, from, size, FRAME);
    real.bcopy(from, to, size);
}

/* Copies up to the byte, with it. */
void *wrap_memccpy(void *to, const void *from, int byte, size_t size)
{
    if (access_watched()) {
        const char *last = real.memchr(from, byte, size);
        access_copy(to, from, last ? (size_t)(last + 1 - (const char *)from) : size, FRAME);
    }
    return real.memccpy(to, from, byte, size);
}

void wrap_swab(const void *from, void *to, ssize_t size)
{
    if (access_watched() && size > 1)
        access_copy(to, from, (size_t)size & ~(size_t)1, FRAME);
    real.swab(from, to, size);
}

void *wrap_memset(void *at, int byte, size_t size)
{
    if (access_watched())
        access_write(at, size, FRAME);
    return ACCESS_RELOCATED(memset) ? real.memset(at, byte, size) : early_set(at, byte, size);
}

void *wrap___memset_chk(void *at, int byte, size_t size, size_t room)
{
    if (access_watched())
        access_write(at, FITS(size, room), FRAME);
    return real.__memset_chk(at, byte, size, room);
}

void wrap_bzero(void *at, size_t size)
{
    if (access_watched())
        access_write(at, size, FRAME);
    real.bzero(at, size);
}

void wrap___bzero(void *at, size_t size)
{
    if (access_watched())
        access_write(at, size, FRAME);
    real.__bzero(at, size);
}

void wrap_explicit_bzero(void *at, size_t size)
{
    if (access_watched())
        access_write(at, size, FRAME);
    real.explicit_bzero(at, size);
}

void wrap___explicit_bzero_chk(void *at, size_t size, size_t room)
{
    if (access_watched())
        access_write(at, FITS(size, room), FRAME);
    real.__explicit_bzero_chk(at, size, room);
}

void *wrap_memfrob(void *at, size_t size)
{
    if (access_watched())
        access_copy(at, at, size, FRAME);
    return real.memfrob(at, size);
}

/* C says that the first size bytes are compared: a difference that another thread is changing
   behind the first one is a race all the same. */
int wrap_memcmp(const void *a, const void *b, size_t size)
{
    if (access_watched())
        access_read_both(a, size, b, size, FRAME);
    return ACCESS_RELOCATED(memcmp) ? real.memcmp(a, b, size) : early_compare(a, b, size);
}

int wrap_bcmp(const void *a, const void *b, size_t size)
{
    if (access_watched())
        access_read_both(a, size, b, size, FRAME);
    return ACCESS_RELOCATED(bcmp) ? real.bcmp(a, b, size) : early_compare(a, b, size);
}

int wrap___memcmpeq(const void *a, const void *b, size_t size)
{
    if (access_watched())
        access_read_both(a, size, b, size, FRAME);
    return real.__memcmpeq(a, b, size);
}

/* Reads up to what it finds, with it. */
void *wrap_memchr(const void *at, int byte, size_t size)
{
    void *found = real.memchr(at, byte, size);
    if (access_watched())
        access_read(at, found ? (size_t)((char *)found + 1 - (char *)at) : size, FRAME);
    return found;
}

void *wrap_memrchr(const void *at, int byte, size_t size)
{
    char *found = real.memrchr(at, byte, size);
    if (access_watched())
        access_read(found ? found : at, found ? size - (size_t)(found - (char *)at) : size, FRAME);
    return found;
}

void *wrap_rawmemchr(const void *at, int byte)
{
    char *found = real.rawmemchr(at, byte);
    if (access_watched())
        access_read(at, (size_t)(found + 1 - (char *)at), FRAME);
    return found;
}

void *wrap___rawmemchr(const void *at, int byte)
{
    char *found = real.__rawmemchr(at, byte);
    if (access_watched())
        access_read(at, (size_t)(found + 1 - (char *)at), FRAME);
    return found;
}

void *wrap_memmem(const void *at, size_t size, const void *part, size_t part_size)
{
    char *found = real.memmem(at, size, part, part_size);
    if (access_watched() && part_size <= size)
        access_read_both(at, found ? (size_t)(found - (char *)at) + part_size : size, part,
                         part_size, FRAME);
    return found;
}
