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

size_t wrap_strlen(const char *text)
{
    size_t length = ACCESS_RELOCATED(strlen) ? real.strlen(text) : early_length(text);
    if (access_watched())
        access_read(text, length + 1, FRAME);
    return length;
}

size_t wrap_strnlen(const char *text, size_t limit)
{
    size_t length = real.strnlen(text, limit);
    if (access_watched())
        access_read(text, access_ended(length, limit), FRAME);
    return length;
}

/* ---- copies */

char *wrap_strcpy(char *to, const char *from)
{
    if (access_watched())
        access_copy(to, from, whole(from), FRAME);
    return real.strcpy(to, from);
}

char *wrap___strcpy_chk(char *to, const char *from, size_t room)
{
    if (access_watched()) {
        size_t size = whole(from);
        access_copy_part(to, size <= room ? size : 0, from, size, FRAME);
    }
    return real.__strcpy_chk(to, from, room);
}

char *wrap_stpcpy(char *to, const char *from)
{
    if (access_watched())
        access_copy(to, from, whole(from), FRAME);
    return real.stpcpy(to, from);
}

char *wrap___stpcpy(char *to, const char *from)
{
    if (access_watched())
        access_copy(to, from, whole(from), FRAME);
    return real.__stpcpy(to, from);
}

char *wrap___stpcpy_chk(char *to, const char *from, size_t room)
{
    if (access_watched()) {
        size_t size = whole(from);
        access_copy_part(to, size <= room ? size : 0, from, size, FRAME);
    }
    return real.__stpcpy_chk(to, from, room);
}

/* Writes all of size: what the string does not fill is zeroed. */
char *wrap_strncpy(char *to, const char *from, size_t size)
{
    if (access_watched())
        access_copy_part(to, size, from, limited(from, size), FRAME);
    return real.strncpy(to, from, size);
}

char *wrap_stpncpy(char *to, const char *from, size_t size)
{
    if (access_watched())
        access_copy_part(to, size, from, limited(from, size), FRAME);
    return real.stpncpy(to, from, size);
}

char *wrap___stpncpy(char *to, const char *from, size_t size)
{
    if (access_watched())
        access_copy_part(to, size, from, limited(from, size), FRAME);
    return real.__stpncpy(to, from, size);
}

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

char *wrap_strcat(char *to, const char *from)
{
    if (access_watched())
        append(to, SIZE_MAX, from, SIZE_MAX, FRAME);
    return real.strcat(to, from);
}

char *wrap_strncat(char *to, const char *from, size_t size)
{
    if (access_watched())
        append(to, SIZE_MAX, from, size, FRAME);
    return real.strncat(to, from, size);
}

char *wrap___strcat_chk(char *to, const char *from, size_t room)
{
    if (access_watched())
        append(to, room, from, SIZE_MAX, FRAME);
    return real.__strcat_chk(to, from, room);
}

char *wrap___strncat_chk(char *to, const char *from, size_t size, size_t room)
{
    if (access_watched())
        append(to, room, from, size, FRAME);
    return real.__strncat_chk(to, from, size, room);
}

/* The new block is this thread's; that it was written is told so that others' reads of it need an
   order. */
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

size_t wrap_strxfrm(char *to, const char *from, size_t size)
{
    size_t result = real.strxfrm(to, from, size);
    if (access_watched())
        transformed(to, from, size, result, FRAME);
    return result;
}

size_t wrap_strxfrm_l(char *to, const char *from, size_t size, locale_t locale)
{
    size_t result = real.strxfrm_l(to, from, size, locale);
    if (access_watched())
        transformed(to, from, size, result, FRAME);
    return result;
}

size_t wrap___strxfrm_l(char *to, const char *from, size_t size, locale_t locale)
{
    size_t result = real.__strxfrm_l(to, from, size, locale);
    if (access_watched())
        transformed(to, from, size, result, FRAME);
    return result;
}

/* ---- comparisons */

static __attribute__((noinline)) void compare(const char *a, const char *b, size_t limit,
                                              const void *frame)
{
    size_t size = access_compared(a, b, limit);
    access_read_both(a, size, b, size, frame);
}

int wrap_strcmp(const char *a, const char *b)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return ACCESS_RELOCATED(strcmp) ? real.strcmp(a, b) : early_compare(a, b, SIZE_MAX);
}

int wrap_strncmp(const char *a, const char *b, size_t size)
{
    if (access_watched())
        compare(a, b, size, FRAME);
    return ACCESS_RELOCATED(strncmp) ? real.strncmp(a, b, size) : early_compare(a, b, size);
}

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

int wrap_strcasecmp(const char *a, const char *b)
{
    if (access_watched())
        compare_case(a, b, SIZE_MAX, 0, FRAME);
    return real.strcasecmp(a, b);
}

int wrap___strcasecmp(const char *a, const char *b)
{
    if (access_watched())
        compare_case(a, b, SIZE_MAX, 0, FRAME);
    return real.__strcasecmp(a, b);
}

int wrap_strncasecmp(const char *a, const char *b, size_t size)
{
    if (access_watched())
        compare_case(a, b, size, 0, FRAME);
    return real.strncasecmp(a, b, size);
}

int wrap_strcasecmp_l(const char *a, const char *b, locale_t locale)
{
    if (access_watched())
        compare_case(a, b, SIZE_MAX, locale, FRAME);
    return real.strcasecmp_l(a, b, locale);
}

int wrap___strcasecmp_l(const char *a, const char *b, locale_t locale)
{
    if (access_watched())
        compare_case(a, b, SIZE_MAX, locale, FRAME);
    return real.__strcasecmp_l(a, b, locale);
}

int wrap_strncasecmp_l(const char *a, const char *b, size_t size, locale_t locale)
{
    if (access_watched())
        compare_case(a, b, size, locale, FRAME);
    return real.strncasecmp_l(a, b, size, locale);
}

int wrap___strncasecmp_l(const char *a, const char *b, size_t size, locale_t locale)
{
    if (access_watched())
        compare_case(a, b, size, locale, FRAME);
    return real.__strncasecmp_l(a, b, size, locale);
}

/* Where the collation of a locale looks further than the first difference, up to the whole of both
   strings is read; the part up to the difference surely is. */
int wrap_strcoll(const char *a, const char *b)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.strcoll(a, b);
}

int wrap_strcoll_l(const char *a, const char *b, locale_t locale)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.strcoll_l(a, b, locale);
}

int wrap___strcoll_l(const char *a, const char *b, locale_t locale)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.__strcoll_l(a, b, locale);
}

int wrap_strverscmp(const char *a, const char *b)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.strverscmp(a, b);
}

int wrap___strverscmp(const char *a, const char *b)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.__strverscmp(a, b);
}

/* ---- searches: read up to what they find, with it */

static __attribute__((noinline)) void searched(const char *text, const char *found,
                                               const void *frame)
{
    access_read(text, found ? (size_t)(found + 1 - text) : whole(text), frame);
}

char *wrap_strchr(const char *text, int c)
{
    char *found = ACCESS_RELOCATED(strchr) ? real.strchr(text, c) : early_find(text, (char)c);
    if (access_watched())
        searched(text, found, FRAME);
    return found;
}

char *wrap_index(const char *text, int c)
{
    char *found = real.index(text, c);
    if (access_watched())
        searched(text, found, FRAME);
    return found;
}

char *wrap_strchrnul(const char *text, int c)
{
    char *found = real.strchrnul(text, c);
    if (access_watched())
        searched(text, found, FRAME);
    return found;
}

char *wrap_strrchr(const char *text, int c)
{
    if (access_watched())
        access_read(text, whole(text), FRAME);
    return real.strrchr(text, c);
}

char *wrap_rindex(const char *text, int c)
{
    if (access_watched())
        access_read(text, whole(text), FRAME);
    return real.rindex(text, c);
}

/* The first length bytes, of a part that was found; else both strings to their ends. */
static __attribute__((noinline)) void searched_text(const char *text, const char *part,
                                                    const char *found, const void *frame)
{
    size_t length = real.strlen(part);
    access_read_both(text, found ? (size_t)(found - text) + length : whole(text), part, length + 1,
                     frame);
}

char *wrap_strstr(const char *text, const char *part)
{
    char *found = real.strstr(text, part);
    if (access_watched())
        searched_text(text, part, found, FRAME);
    return found;
}

char *wrap_strcasestr(const char *text, const char *part)
{
    char *found = real.strcasestr(text, part);
    if (access_watched())
        searched_text(text, part, found, FRAME);
    return found;
}

char *wrap___strcasestr(const char *text, const char *part)
{
    char *found = real.__strcasestr(text, part);
    if (access_watched())
        searched_text(text, part, found, FRAME);
    return found;
}

size_t wrap_strspn(const char *text, const char *set)
{
    size_t length = real.strspn(text, set);
    if (access_watched())
        access_read_both(text, length + 1, set, whole(set), FRAME);
    return length;
}

size_t wrap_strcspn(const char *text, const char *set)
{
    size_t length = real.strcspn(text, set);
    if (access_watched())
        access_read_both(text, length + 1, set, whole(set), FRAME);
    return length;
}

char *wrap_strpbrk(const char *text, const char *set)
{
    char *found = real.strpbrk(text, set);
    if (access_watched())
        access_read_both(text, found ? (size_t)(found + 1 - text) : whole(text), set, whole(set),
                         FRAME);
    return found;
}
