/* Functions on wide characters, as access_memory.c and access_string.c have them for bytes. Here
   size_t arguments count characters. */
#include "interpose/access.h"

#define BYTES(count) ((count) * sizeof(wchar_t))

static size_t whole(const wchar_t *text)
{
    return BYTES(real.wcslen(text) + 1);
}

static size_t limited(const wchar_t *text, size_t limit)
{
    return BYTES(access_ended(real.wcsnlen(text, limit), limit));
}

/* ---- arrays */

wchar_t *wrap_wmemcpy(wchar_t *to, const wchar_t *from, size_t count)
{
    if (access_watched())
        access_copy(to, from, BYTES(count), FRAME);
    return real.wmemcpy(to, from, count);
}

wchar_t *wrap___wmemcpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
{
    if (access_watched())
        access_copy(to, from, count <= room ? BYTES(count) : 0, FRAME);
    return real.__wmemcpy_chk(to, from, count, room);
}

wchar_t *wrap_wmemmove(wchar_t *to, const wchar_t *from, size_t count)
{
    if (access_watched())
        access_copy(to, from, BYTES(count), FRAME);
    return real.wmemmove(to, from, count);
}

wchar_t *wrap___wmemmove_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
{
    if (access_watched())
        access_copy(to, from, count <= room ? BYTES(count) : 0, FRAME);
    return real.__wmemmove_chk(to, from, count, room);
}

wchar_t *wrap_wmempcpy(wchar_t *to, const wchar_t *from, size_t count)
{
    if (access_watched())
        access_copy(to, from, BYTES(count), FRAME);
    return real.wmempcpy(to, from, count);
}

wchar_t *wrap___wmempcpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
{
    if (access_watched())
        access_copy(to, from, count <= room ? BYTES(count) : 0, FRAME);
    return real.__wmempcpy_chk(to, from, count, room);
}

wchar_t *wrap_wmemset(wchar_t *at, wchar_t c, size_t count)
{
    if (access_watched())
        access_write(at, BYTES(count), FRAME);
    return real.wmemset(at, c, count);
}

wchar_t *wrap___wmemset_chk(wchar_t *at, wchar_t c, size_t count, size_t room)
{
    if (access_watched())
        access_write(at, count <= room ? BYTES(count) : 0, FRAME);
    return real.__wmemset_chk(at, c, count, room);
}

int wrap_wmemcmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    if (access_watched())
        access_read_both(a, BYTES(count), b, BYTES(count), FRAME);
    return real.wmemcmp(a, b, count);
}

wchar_t *wrap_wmemchr(const wchar_t *at, wchar_t c, size_t count)
{
    wchar_t *result = real.wmemchr(at, c, count);
    if (access_watched())
        access_read(at, BYTES(result ? (size_t)(result + 1 - at) : count), FRAME);
    return result;
}

/* ---- strings */

size_t wrap_wcslen(const wchar_t *text)
{
    size_t result = real.wcslen(text);
    if (access_watched())
        access_read(text, BYTES(result + 1), FRAME);
    return result;
}

size_t wrap_wcsnlen(const wchar_t *text, size_t limit)
{
    size_t result = real.wcsnlen(text, limit);
    if (access_watched())
        access_read(text, BYTES(access_ended(result, limit)), FRAME);
    return result;
}

wchar_t *wrap_wcscpy(wchar_t *to, const wchar_t *from)
{
    if (access_watched())
        access_copy(to, from, whole(from), FRAME);
    return real.wcscpy(to, from);
}

wchar_t *wrap___wcscpy_chk(wchar_t *to, const wchar_t *from, size_t room)
{
    if (access_watched())
        access_copy_part(to, whole(from) <= BYTES(room) ? whole(from) : 0, from, whole(from),
                         FRAME);
    return real.__wcscpy_chk(to, from, room);
}

wchar_t *wrap_wcpcpy(wchar_t *to, const wchar_t *from)
{
    if (access_watched())
        access_copy(to, from, whole(from), FRAME);
    return real.wcpcpy(to, from);
}

wchar_t *wrap___wcpcpy_chk(wchar_t *to, const wchar_t *from, size_t room)
{
    if (access_watched())
        access_copy_part(to, whole(from) <= BYTES(room) ? whole(from) : 0, from, whole(from),
                         FRAME);
    return real.__wcpcpy_chk(to, from, room);
}

wchar_t *wrap_wcsncpy(wchar_t *to, const wchar_t *from, size_t count)
{
    if (access_watched())
        access_copy_part(to, BYTES(count), from, limited(from, count), FRAME);
    return real.wcsncpy(to, from, count);
}

wchar_t *wrap___wcsncpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
{
    if (access_watched())
        access_copy_part(to, count <= room ? BYTES(count) : 0, from, limited(from, count), FRAME);
    return real.__wcsncpy_chk(to, from, count, room);
}

wchar_t *wrap_wcpncpy(wchar_t *to, const wchar_t *from, size_t count)
{
    if (access_watched())
        access_copy_part(to, BYTES(count), from, limited(from, count), FRAME);
    return real.wcpncpy(to, from, count);
}

wchar_t *wrap___wcpncpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
{
    if (access_watched())
        access_copy_part(to, count <= room ? BYTES(count) : 0, from, limited(from, count), FRAME);
    return real.__wcpncpy_chk(to, from, count, room);
}

static __attribute__((noinline)) void append(const wchar_t *to, size_t room, const wchar_t *from,
                                             size_t limit, const void *frame)
{
    size_t length = real.wcslen(to), added = real.wcsnlen(from, limit);
    struct thread *self = guard_enter();
    if (!self)
        return;
    access_tell(self, to, BYTES(length + 1), ACCESS_READ, frame);
    access_tell(self, from, BYTES(access_ended(added, limit)), ACCESS_READ, frame);
    if (length + added < room)
        access_tell(self, to + length, BYTES(added + 1), ACCESS_WRITE, frame);
    guard_leave(self);
}

wchar_t *wrap_wcscat(wchar_t *to, const wchar_t *from)
{
    if (access_watched())
        append(to, SIZE_MAX, from, SIZE_MAX, FRAME);
    return real.wcscat(to, from);
}

wchar_t *wrap_wcsncat(wchar_t *to, const wchar_t *from, size_t count)
{
    if (access_watched())
        append(to, SIZE_MAX, from, count, FRAME);
    return real.wcsncat(to, from, count);
}

wchar_t *wrap___wcscat_chk(wchar_t *to, const wchar_t *from, size_t room)
{
    if (access_watched())
        append(to, room, from, SIZE_MAX, FRAME);
    return real.__wcscat_chk(to, from, room);
}

wchar_t *wrap___wcsncat_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
{
    if (access_watched())
        append(to, room, from, count, FRAME);
    return real.__wcsncat_chk(to, from, count, room);
}

/* Up to and with the first difference or the end. Of a comparison without case or in a locale's
   order that is what is surely read. */
static __attribute__((noinline)) void compare(const wchar_t *a, const wchar_t *b, size_t limit,
                                              const void *frame)
{
    size_t count = 0;
    while (count < limit && a[count] == b[count] && a[count])
        count++;
    count += count < limit;
    access_read_both(a, BYTES(count), b, BYTES(count), frame);
}

int wrap_wcscmp(const wchar_t *a, const wchar_t *b)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.wcscmp(a, b);
}

int wrap_wcscasecmp(const wchar_t *a, const wchar_t *b)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.wcscasecmp(a, b);
}

int wrap_wcscoll(const wchar_t *a, const wchar_t *b)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.wcscoll(a, b);
}

int wrap_wcscasecmp_l(const wchar_t *a, const wchar_t *b, locale_t locale)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.wcscasecmp_l(a, b, locale);
}

int wrap_wcscoll_l(const wchar_t *a, const wchar_t *b, locale_t locale)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.wcscoll_l(a, b, locale);
}

int wrap___wcscasecmp_l(const wchar_t *a, const wchar_t *b, locale_t locale)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.__wcscasecmp_l(a, b, locale);
}

int wrap___wcscoll_l(const wchar_t *a, const wchar_t *b, locale_t locale)
{
    if (access_watched())
        compare(a, b, SIZE_MAX, FRAME);
    return real.__wcscoll_l(a, b, locale);
}

int wrap_wcsncmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    if (access_watched())
        compare(a, b, count, FRAME);
    return real.wcsncmp(a, b, count);
}

int wrap_wcsncasecmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    if (access_watched())
        compare(a, b, count, FRAME);
    return real.wcsncasecmp(a, b, count);
}

int wrap_wcsncasecmp_l(const wchar_t *a, const wchar_t *b, size_t count, locale_t locale)
{
    if (access_watched())
        compare(a, b, count, FRAME);
    return real.wcsncasecmp_l(a, b, count, locale);
}

int wrap___wcsncasecmp_l(const wchar_t *a, const wchar_t *b, size_t count, locale_t locale)
{
    if (access_watched())
        compare(a, b, count, FRAME);
    return real.__wcsncasecmp_l(a, b, count, locale);
}

size_t wrap_wcsxfrm(wchar_t *to, const wchar_t *from, size_t count)
{
    size_t result = real.wcsxfrm(to, from, count);
    if (access_watched())
        access_copy_part(to, result < count ? BYTES(result + 1) : 0, from, whole(from), FRAME);
    return result;
}

size_t wrap_wcsxfrm_l(wchar_t *to, const wchar_t *from, size_t count, locale_t locale)
{
    size_t result = real.wcsxfrm_l(to, from, count, locale);
    if (access_watched())
        access_copy_part(to, result < count ? BYTES(result + 1) : 0, from, whole(from), FRAME);
    return result;
}

size_t wrap___wcsxfrm_l(wchar_t *to, const wchar_t *from, size_t count, locale_t locale)
{
    size_t result = real.__wcsxfrm_l(to, from, count, locale);
    if (access_watched())
        access_copy_part(to, result < count ? BYTES(result + 1) : 0, from, whole(from), FRAME);
    return result;
}

wchar_t *wrap_wcschr(const wchar_t *text, wchar_t c)
{
    wchar_t *result = real.wcschr(text, c);
    if (access_watched())
        access_read(text, result ? BYTES((size_t)(result + 1 - text)) : whole(text), FRAME);
    return result;
}

wchar_t *wrap_wcschrnul(const wchar_t *text, wchar_t c)
{
    wchar_t *result = real.wcschrnul(text, c);
    if (access_watched())
        access_read(text, BYTES((size_t)(result + 1 - text)), FRAME);
    return result;
}

wchar_t *wrap_wcsrchr(const wchar_t *text, wchar_t c)
{
    if (access_watched())
        access_read(text, whole(text), FRAME);
    return real.wcsrchr(text, c);
}

static __attribute__((noinline)) void searched(const wchar_t *text, const wchar_t *part,
                                               const wchar_t *found, const void *frame)
{
    size_t size = whole(part);
    access_read_both(text, found ? BYTES((size_t)(found - text)) + size - BYTES(1) : whole(text),
                     part, size, frame);
}

wchar_t *wrap_wcsstr(const wchar_t *text, const wchar_t *part)
{
    wchar_t *result = real.wcsstr(text, part);
    if (access_watched())
        searched(text, part, result, FRAME);
    return result;
}

wchar_t *wrap_wcswcs(const wchar_t *text, const wchar_t *part)
{
    wchar_t *result = real.wcswcs(text, part);
    if (access_watched())
        searched(text, part, result, FRAME);
    return result;
}

size_t wrap_wcsspn(const wchar_t *text, const wchar_t *set)
{
    size_t result = real.wcsspn(text, set);
    if (access_watched())
        access_read_both(text, BYTES(result + 1), set, whole(set), FRAME);
    return result;
}

size_t wrap_wcscspn(const wchar_t *text, const wchar_t *set)
{
    size_t result = real.wcscspn(text, set);
    if (access_watched())
        access_read_both(text, BYTES(result + 1), set, whole(set), FRAME);
    return result;
}

wchar_t *wrap_wcspbrk(const wchar_t *text, const wchar_t *set)
{
    wchar_t *result = real.wcspbrk(text, set);
    if (access_watched())
        access_read_both(text, result ? BYTES((size_t)(result + 1 - text)) : whole(text), set,
                         whole(set), FRAME);
    return result;
}

wchar_t *wrap_wcsdup(const wchar_t *from)
{
    wchar_t *result = real.wcsdup(from);
    if (access_watched())
        access_copy_part(result, result ? whole(from) : 0, from, whole(from), FRAME);
    return result;
}

static __attribute__((noinline)) void cut(const wchar_t *text, const wchar_t *delimiters,
                                          wchar_t **position, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (text) {
        const wchar_t *end = text + real.wcsspn(text, delimiters);
        end += real.wcscspn(end, delimiters);
        access_tell(self, delimiters, whole(delimiters), ACCESS_READ, frame);
        access_tell(self, text, BYTES((size_t)(end + 1 - text)), ACCESS_READ, frame);
        if (*end)
            access_tell(self, end, BYTES(1), ACCESS_WRITE, frame);
    }
    access_tell(self, position, sizeof *position, ACCESS_WRITE, frame);
    guard_leave(self);
}

wchar_t *wrap_wcstok(wchar_t *text, const wchar_t *delimiters, wchar_t **position)
{
    if (access_watched())
        cut(text ? text : *position, delimiters, position, FRAME);
    return real.wcstok(text, delimiters, position);
}
