/*
 * Functions on strings: what is read ends with the NUL, or earlier where a limit or the result says
 * so.
 */
#include "interpose/access.h"

/* ---- before the loader has relocated us */

static size_t early_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

static int early_compare(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++)
        if (a[i] != b[i] || !a[i])
            return (unsigned char)a[i] - (unsigned char)b[i];
    return 0;
}

static char *early_find(const char *text, char c)
{
    for (;; text++)
        if (*text == c)
            return (char *)text;
        else if (!*text)
            return NULL;
}

/* ---- lengths, as they are needed below: what libc reads of a string */

static size_t whole(const char *text)
{
    return real.strlen(text) + 1;
}

static size_t limited(const char *text, size_t limit)
{
    return access_ended(real.strnlen(text, limit), limit);
}

/* clang-format off */
size_t wrap_strlen(const char *text)
TELLS_AFTER(ACCESS_RELOCATED(strlen) ? real.strlen(text) : early_length(text),
            access_read(text, result + 1, FRAME))
size_t wrap_strnlen(const char *text, size_t limit)
TELLS_AFTER(real.strnlen(text, limit), access_read(text, access_ended(result, limit), FRAME))

/* ---- copies */
char *wrap_strcpy(char *to, const char *from)
TELLS_BEFORE(real.strcpy(to, from), access_copy(to, from, whole(from), FRAME))
/* clang-format on */

char *wrap___strcpy_chk(char *to, const char *from, size_t room)
{
    if (access_watched()) {
        size_t size = whole(from);
        access_copy_part(to, size <= room ? size : 0, from, size, FRAME);
    }
    return real.__strcpy_chk(to, from, room);
}

/* clang-format off */
char *wrap_stpcpy(char *to, const char *from)
TELLS_BEFORE(real.stpcpy(to, from), access_copy(to, from, whole(from), FRAME))
char *wrap___stpcpy(char *to, const char *from)
TELLS_BEFORE(real.__stpcpy(to, from), access_copy(to, from, whole(from), FRAME))
/* clang-format on */

char *wrap___stpcpy_chk(char *to, const char *from, size_t room)
{
    if (access_watched()) {
        size_t size = whole(from);
        access_copy_part(to, size <= room ? size : 0, from, size, FRAME);
    }
    return real.__stpcpy_chk(to, from, room);
}

/* Writes all of size: what the string does not fill is zeroed. */
/* clang-format off */
char *wrap_strncpy(char *to, const char *from, size_t size)
TELLS_BEFORE(real.strncpy(to, from, size), access_copy_part(to, size, from, limited(from, size), FRAME))
char *wrap_stpncpy(char *to, const char *from, size_t size)
TELLS_BEFORE(real.stpncpy(to, from, size), access_copy_part(to, size, from, limited(from, size), FRAME))
char *wrap___stpncpy(char *to, const char *from, size_t size)
TELLS_BEFORE(real.__stpncpy(to, from, size), access_copy_part(to, size, from, limited(from, size), FRAME))
/* clang-format on */

char *wrap___strncpy_chk(char *to, const char *from, size_t size, size_t room)
{
    if (access_watched() && size <= room)
        access_copy_part(to, size, from, limited(from, size), FRAME);
    return real.__strncpy_chk(to, from, size, room);
}

char *wrap___stpncpy_chk(char *to, const char *from, size_t size, size_t room)
{
    if (access_watched() && size <= room)
        access_copy_part(to, size, from, limited(from, size), FRAME);
    return real.__stpncpy_chk(to, from, size, room);
}

/* The string at to is read to its end, and written from there: added bytes and a NUL. */
static __attribute__((noinline)) void append(const char *to, size_t room, const char *from,
                                             size_t limit, const void *frame)
{
    size_t length = real.strlen(to), added = real.strnlen(from, limit);
    struct thread *self = guard_enter();
    if (!self)
        return;
    access_tell(self, to, length + 1, ACCESS_READ, frame);
    access_tell(self, from, access_ended(added, limit), ACCESS_READ, frame);
    if (length + added < room)
        access_tell(self, to + length, added + 1, ACCESS_WRITE, frame);
    guard_leave(self);
}

/* clang-format off */
char *wrap_strcat(char *to, const char *from)
TELLS_BEFORE(real.strcat(to, from), append(to, SIZE_MAX, from, SIZE_MAX, FRAME))
char *wrap_strncat(char *to, const char *from, size_t size)
TELLS_BEFORE(real.strncat(to, from, size), append(to, SIZE_MAX, from, size, FRAME))
char *wrap___strcat_chk(char *to, const char *from, size_t room)
TELLS_BEFORE(real.__strcat_chk(to, from, room), append(to, room, from, SIZE_MAX, FRAME))
char *wrap___strncat_chk(char *to, const char *from, size_t size, size_t room)
TELLS_BEFORE(real.__strncat_chk(to, from, size, room), append(to, room, from, size, FRAME))
/* clang-format on */

/* The new block is this thread's; that it was written is told so that others' reads of it need
   an order. */
static char *duplicate(char *made, const char *from, size_t limit, const void *frame)
{
    size_t length = real.strnlen(from, limit);
    access_copy_part(made, made ? length + 1 : 0, from, access_ended(length, limit), frame);
    return made;
}

char *wrap_strdup(const char *from)
{
    char *made = real.strdup(from);
    return access_watched() ? duplicate(made, from, SIZE_MAX, FRAME) : made;
}

char *wrap___strdup(const char *from)
{
    char *made = real.__strdup(from);
    return access_watched() ? duplicate(made, from, SIZE_MAX, FRAME) : made;
}

char *wrap_strndup(const char *from, size_t size)
{
    char *made = real.strndup(from, size);
    return access_watched() ? duplicate(made, from, size, FRAME) : made;
}

char *wrap___strndup(const char *from, size_t size)
{
    char *made = real.__strndup(from, size);
    return access_watched() ? duplicate(made, from, size, FRAME) : made;
}

/* What does not fit is not written; then what was is not defined. */
static void transformed(const char *to, const char *from, size_t size, size_t result,
                        const void *frame)
{
    access_copy_part(to, result < size ? result + 1 : 0, from, whole(from), frame);
}

/* clang-format off */
size_t wrap_strxfrm(char *to, const char *from, size_t size)
TELLS_AFTER(real.strxfrm(to, from, size), transformed(to, from, size, result, FRAME))
size_t wrap_strxfrm_l(char *to, const char *from, size_t size, locale_t locale)
TELLS_AFTER(real.strxfrm_l(to, from, size, locale), transformed(to, from, size, result, FRAME))
size_t wrap___strxfrm_l(char *to, const char *from, size_t size, locale_t locale)
TELLS_AFTER(real.__strxfrm_l(to, from, size, locale), transformed(to, from, size, result, FRAME))
/* clang-format on */

/* ---- comparisons */

static __attribute__((noinline)) void compare(const char *a, const char *b, size_t limit,
                                              const void *frame)
{
    size_t size = access_compared(a, b, limit);
    access_read_both(a, size, b, size, frame);
}

/* clang-format off */
int wrap_strcmp(const char *a, const char *b)
TELLS_BEFORE(ACCESS_RELOCATED(strcmp) ? real.strcmp(a, b) : early_compare(a, b, SIZE_MAX),
             compare(a, b, SIZE_MAX, FRAME))
int wrap_strncmp(const char *a, const char *b, size_t size)
TELLS_BEFORE(ACCESS_RELOCATED(strncmp) ? real.strncmp(a, b, size) : early_compare(a, b, size),
             compare(a, b, size, FRAME))
/* clang-format on */

/* locale 0: the thread's own. */
static __attribute__((noinline)) void compare_case(const char *a, const char *b, size_t limit,
                                                   locale_t locale, const void *frame)
{
    size_t size = 0;
    while (size < limit) {
        const char *x = a + size, *y = b + size;
        size_t same = access_compared(x, y, limit - size);
        size += same;
        if (!x[same - 1] || !y[same - 1] ||
            (locale ? real.strncasecmp_l(x + same - 1, y + same - 1, 1, locale)
                    : real.strncasecmp(x + same - 1, y + same - 1, 1)))
            break;
    }
    access_read_both(a, size, b, size, frame);
}

/* clang-format off */
int wrap_strcasecmp(const char *a, const char *b)
TELLS_BEFORE(real.strcasecmp(a, b), compare_case(a, b, SIZE_MAX, 0, FRAME))
int wrap___strcasecmp(const char *a, const char *b)
TELLS_BEFORE(real.__strcasecmp(a, b), compare_case(a, b, SIZE_MAX, 0, FRAME))
int wrap_strncasecmp(const char *a, const char *b, size_t size)
TELLS_BEFORE(real.strncasecmp(a, b, size), compare_case(a, b, size, 0, FRAME))
int wrap_strcasecmp_l(const char *a, const char *b, locale_t locale)
TELLS_BEFORE(real.strcasecmp_l(a, b, locale), compare_case(a, b, SIZE_MAX, locale, FRAME))
int wrap___strcasecmp_l(const char *a, const char *b, locale_t locale)
TELLS_BEFORE(real.__strcasecmp_l(a, b, locale), compare_case(a, b, SIZE_MAX, locale, FRAME))
int wrap_strncasecmp_l(const char *a, const char *b, size_t size, locale_t locale)
TELLS_BEFORE(real.strncasecmp_l(a, b, size, locale), compare_case(a, b, size, locale, FRAME))
int wrap___strncasecmp_l(const char *a, const char *b, size_t size, locale_t locale)
TELLS_BEFORE(real.__strncasecmp_l(a, b, size, locale), compare_case(a, b, size, locale, FRAME))

/* Where the collation of a locale looks further than the first difference, up to the whole of both
   strings is read; the part up to the difference surely is. */
int wrap_strcoll(const char *a, const char *b)
TELLS_BEFORE(real.strcoll(a, b), compare(a, b, SIZE_MAX, FRAME))
int wrap_strcoll_l(const char *a, const char *b, locale_t locale)
TELLS_BEFORE(real.strcoll_l(a, b, locale), compare(a, b, SIZE_MAX, FRAME))
int wrap___strcoll_l(const char *a, const char *b, locale_t locale)
TELLS_BEFORE(real.__strcoll_l(a, b, locale), compare(a, b, SIZE_MAX, FRAME))
int wrap_strverscmp(const char *a, const char *b)
TELLS_BEFORE(real.strverscmp(a, b), compare(a, b, SIZE_MAX, FRAME))
int wrap___strverscmp(const char *a, const char *b)
TELLS_BEFORE(real.__strverscmp(a, b), compare(a, b, SIZE_MAX, FRAME))
/* clang-format on */

/* ---- searches: read up to what they find, with it */

static __attribute__((noinline)) void searched(const char *text, const char *found,
                                               const void *frame)
{
    access_read(text, found ? (size_t)(found + 1 - text) : whole(text), frame);
}

/* clang-format off */
char *wrap_strchr(const char *text, int c)
TELLS_AFTER(ACCESS_RELOCATED(strchr) ? real.strchr(text, c) : early_find(text, (char)c),
            searched(text, result, FRAME))
char *wrap_index(const char *text, int c)
TELLS_AFTER(real.index(text, c), searched(text, result, FRAME))
char *wrap_strchrnul(const char *text, int c)
TELLS_AFTER(real.strchrnul(text, c), searched(text, result, FRAME))
char *wrap_strrchr(const char *text, int c)
TELLS_BEFORE(real.strrchr(text, c), access_read(text, whole(text), FRAME))
char *wrap_rindex(const char *text, int c)
TELLS_BEFORE(real.rindex(text, c), access_read(text, whole(text), FRAME))
/* clang-format on */

/* The first length bytes, of a part that was found; else both strings to their ends. */
static __attribute__((noinline)) void searched_text(const char *text, const char *part,
                                                    const char *found, const void *frame)
{
    size_t length = real.strlen(part);
    access_read_both(text, found ? (size_t)(found - text) + length : whole(text), part, length + 1,
                     frame);
}

/* clang-format off */
char *wrap_strstr(const char *text, const char *part)
TELLS_AFTER(real.strstr(text, part), searched_text(text, part, result, FRAME))
char *wrap_strcasestr(const char *text, const char *part)
TELLS_AFTER(real.strcasestr(text, part), searched_text(text, part, result, FRAME))
char *wrap___strcasestr(const char *text, const char *part)
TELLS_AFTER(real.__strcasestr(text, part), searched_text(text, part, result, FRAME))
size_t wrap_strspn(const char *text, const char *set)
TELLS_AFTER(real.strspn(text, set), access_read_both(text, result + 1, set, whole(set), FRAME))
size_t wrap_strcspn(const char *text, const char *set)
TELLS_AFTER(real.strcspn(text, set), access_read_both(text, result + 1, set, whole(set), FRAME))
char *wrap_strpbrk(const char *text, const char *set)
TELLS_AFTER(real.strpbrk(text, set),
            access_read_both(text, result ? (size_t)(result + 1 - text) : whole(text), set, whole(set), FRAME))
/* clang-format on */
