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

/* clang-format off */
void *wrap_memcpy(void *to, const void *from, size_t size)
TELLS_BEFORE(ACCESS_RELOCATED(memmove) ? real.memmove(to, from, size) : early_move(to, from, size),
             access_copy(to, from, size, FRAME))
void *wrap_memmove(void *to, const void *from, size_t size)
TELLS_BEFORE(ACCESS_RELOCATED(memmove) ? real.memmove(to, from, size) : early_move(to, from, size),
             access_copy(to, from, size, FRAME))
void *wrap_mempcpy(void *to, const void *from, size_t size)
TELLS_BEFORE(ACCESS_RELOCATED(mempcpy) ? real.mempcpy(to, from, size) : (char *)early_move(to, from, size) + size,
             access_copy(to, from, size, FRAME))
void *wrap___mempcpy(void *to, const void *from, size_t size)
TELLS_BEFORE(real.__mempcpy(to, from, size), access_copy(to, from, size, FRAME))
/* clang-format on */

#define BETWEEN(start, end) ((size_t)((const char *)(end) - (const char *)(start)))

/* The size may be more than there is room for: then nothing is written, and the program ends. */
#define FITS(size, room) ((size) <= (room) ? (size) : 0)

/* clang-format off */
void *wrap___memcpy_chk(void *to, const void *from, size_t size, size_t room)
TELLS_BEFORE(real.__memcpy_chk(to, from, size, room), access_copy(to, from, FITS(size, room), FRAME))
void *wrap___memmove_chk(void *to, const void *from, size_t size, size_t room)
TELLS_BEFORE(real.__memmove_chk(to, from, size, room), access_copy(to, from, FITS(size, room), FRAME))
void *wrap___mempcpy_chk(void *to, const void *from, size_t size, size_t room)
TELLS_BEFORE(real.__mempcpy_chk(to, from, size, room), access_copy(to, from, FITS(size, room), FRAME))
void wrap_bcopy(const void *from, void *to, size_t size)
TELLS_BEFORE(real.bcopy(from, to, size), access_copy(to, from, size, FRAME))
/* clang-format on */

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

/* clang-format off */
void *wrap_memset(void *at, int byte, size_t size)
TELLS_BEFORE(ACCESS_RELOCATED(memset) ? real.memset(at, byte, size) : early_set(at, byte, size),
             access_write(at, size, FRAME))
void *wrap___memset_chk(void *at, int byte, size_t size, size_t room)
TELLS_BEFORE(real.__memset_chk(at, byte, size, room), access_write(at, FITS(size, room), FRAME))
void wrap_bzero(void *at, size_t size)
TELLS_BEFORE(real.bzero(at, size), access_write(at, size, FRAME))
void wrap___bzero(void *at, size_t size)
TELLS_BEFORE(real.__bzero(at, size), access_write(at, size, FRAME))
void wrap_explicit_bzero(void *at, size_t size)
TELLS_BEFORE(real.explicit_bzero(at, size), access_write(at, size, FRAME))
void wrap___explicit_bzero_chk(void *at, size_t size, size_t room)
TELLS_BEFORE(real.__explicit_bzero_chk(at, size, room), access_write(at, FITS(size, room), FRAME))
void *wrap_memfrob(void *at, size_t size)
TELLS_BEFORE(real.memfrob(at, size), access_copy(at, at, size, FRAME))

/* C says that the first size bytes are compared: a difference that another thread is changing
   behind the first one is a race all the same. */
int wrap_memcmp(const void *a, const void *b, size_t size)
TELLS_BEFORE(ACCESS_RELOCATED(memcmp) ? real.memcmp(a, b, size) : early_compare(a, b, size),
             access_read_both(a, size, b, size, FRAME))
int wrap_bcmp(const void *a, const void *b, size_t size)
TELLS_BEFORE(ACCESS_RELOCATED(bcmp) ? real.bcmp(a, b, size) : early_compare(a, b, size),
             access_read_both(a, size, b, size, FRAME))
int wrap___memcmpeq(const void *a, const void *b, size_t size)
TELLS_BEFORE(real.__memcmpeq(a, b, size), access_read_both(a, size, b, size, FRAME))

/* Reads up to what it finds, with it. */
void *wrap_memchr(const void *at, int byte, size_t size)
TELLS_AFTER(real.memchr(at, byte, size), access_read(at, result ? BETWEEN(at, result) + 1 : size, FRAME))
void *wrap_memrchr(const void *at, int byte, size_t size)
TELLS_AFTER(real.memrchr(at, byte, size),
            access_read(result ? result : at, result ? size - BETWEEN(at, result) : size, FRAME))
void *wrap_rawmemchr(const void *at, int byte)
TELLS_AFTER(real.rawmemchr(at, byte), access_read(at, BETWEEN(at, result) + 1, FRAME))
void *wrap___rawmemchr(const void *at, int byte)
TELLS_AFTER(real.__rawmemchr(at, byte), access_read(at, BETWEEN(at, result) + 1, FRAME))
/* clang-format on */

void *wrap_memmem(const void *at, size_t size, const void *part, size_t part_size)
{
    char *found = real.memmem(at, size, part, part_size);
    if (access_watched() && part_size <= size)
        access_read_both(at, found ? (size_t)(found - (char *)at) + part_size : size, part,
                         part_size, FRAME);
    return found;
}
