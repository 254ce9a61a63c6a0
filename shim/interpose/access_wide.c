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

/* clang-format off */
wchar_t *wrap_wmemcpy(wchar_t *to, const wchar_t *from, size_t count)
TELLS_BEFORE(real.wmemcpy(to, from, count), access_copy(to, from, BYTES(count), FRAME))
wchar_t *wrap___wmemcpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
TELLS_BEFORE(real.__wmemcpy_chk(to, from, count, room),
             access_copy(to, from, count <= room ? BYTES(count) : 0, FRAME))
wchar_t *wrap_wmemmove(wchar_t *to, const wchar_t *from, size_t count)
TELLS_BEFORE(real.wmemmove(to, from, count), access_copy(to, from, BYTES(count), FRAME))
wchar_t *wrap___wmemmove_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
TELLS_BEFORE(real.__wmemmove_chk(to, from, count, room),
             access_copy(to, from, count <= room ? BYTES(count) : 0, FRAME))
wchar_t *wrap_wmempcpy(wchar_t *to, const wchar_t *from, size_t count)
TELLS_BEFORE(real.wmempcpy(to, from, count), access_copy(to, from, BYTES(count), FRAME))
wchar_t *wrap___wmempcpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
TELLS_BEFORE(real.__wmempcpy_chk(to, from, count, room),
             access_copy(to, from, count <= room ? BYTES(count) : 0, FRAME))
wchar_t *wrap_wmemset(wchar_t *at, wchar_t c, size_t count)
TELLS_BEFORE(real.wmemset(at, c, count), access_write(at, BYTES(count), FRAME))
wchar_t *wrap___wmemset_chk(wchar_t *at, wchar_t c, size_t count, size_t room)
TELLS_BEFORE(real.__wmemset_chk(at, c, count, room), access_write(at, count <= room ? BYTES(count) : 0, FRAME))
int wrap_wmemcmp(const wchar_t *a, const wchar_t *b, size_t count)
TELLS_BEFORE(real.wmemcmp(a, b, count), access_read_both(a, BYTES(count), b, BYTES(count), FRAME))
wchar_t *wrap_wmemchr(const wchar_t *at, wchar_t c, size_t count)
TELLS_AFTER(real.wmemchr(at, c, count),
            access_read(at, BYTES(result ? (size_t)(result + 1 - at) : count), FRAME))
/* ---- strings */
size_t wrap_wcslen(const wchar_t *text)
TELLS_AFTER(real.wcslen(text), access_read(text, BYTES(result + 1), FRAME))
size_t wrap_wcsnlen(const wchar_t *text, size_t limit)
TELLS_AFTER(real.wcsnlen(text, limit), access_read(text, BYTES(access_ended(result, limit)), FRAME))
wchar_t *wrap_wcscpy(wchar_t *to, const wchar_t *from)
TELLS_BEFORE(real.wcscpy(to, from), access_copy(to, from, whole(from), FRAME))
wchar_t *wrap___wcscpy_chk(wchar_t *to, const wchar_t *from, size_t room)
TELLS_BEFORE(real.__wcscpy_chk(to, from, room),
             access_copy_part(to, whole(from) <= BYTES(room) ? whole(from) : 0, from, whole(from), FRAME))
wchar_t *wrap_wcpcpy(wchar_t *to, const wchar_t *from)
TELLS_BEFORE(real.wcpcpy(to, from), access_copy(to, from, whole(from), FRAME))
wchar_t *wrap___wcpcpy_chk(wchar_t *to, const wchar_t *from, size_t room)
TELLS_BEFORE(real.__wcpcpy_chk(to, from, room),
             access_copy_part(to, whole(from) <= BYTES(room) ? whole(from) : 0, from, whole(from), FRAME))
wchar_t *wrap_wcsncpy(wchar_t *to, const wchar_t *from, size_t count)
TELLS_BEFORE(real.wcsncpy(to, from, count),
             access_copy_part(to, BYTES(count), from, limited(from, count), FRAME))
wchar_t *wrap___wcsncpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
TELLS_BEFORE(real.__wcsncpy_chk(to, from, count, room),
             access_copy_part(to, count <= room ? BYTES(count) : 0, from, limited(from, count), FRAME))
wchar_t *wrap_wcpncpy(wchar_t *to, const wchar_t *from, size_t count)
TELLS_BEFORE(real.wcpncpy(to, from, count),
             access_copy_part(to, BYTES(count), from, limited(from, count), FRAME))
wchar_t *wrap___wcpncpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
TELLS_BEFORE(real.__wcpncpy_chk(to, from, count, room),
             access_copy_part(to, count <= room ? BYTES(count) : 0, from, limited(from, count), FRAME))
/* clang-format on */

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

/* clang-format off */
wchar_t *wrap_wcscat(wchar_t *to, const wchar_t *from)
TELLS_BEFORE(real.wcscat(to, from), append(to, SIZE_MAX, from, SIZE_MAX, FRAME))
wchar_t *wrap_wcsncat(wchar_t *to, const wchar_t *from, size_t count)
TELLS_BEFORE(real.wcsncat(to, from, count), append(to, SIZE_MAX, from, count, FRAME))
wchar_t *wrap___wcscat_chk(wchar_t *to, const wchar_t *from, size_t room)
TELLS_BEFORE(real.__wcscat_chk(to, from, room), append(to, room, from, SIZE_MAX, FRAME))
wchar_t *wrap___wcsncat_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
TELLS_BEFORE(real.__wcsncat_chk(to, from, count, room), append(to, room, from, count, FRAME))
/* clang-format on */

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

/* clang-format off */
int wrap_wcscmp(const wchar_t *a, const wchar_t *b)
TELLS_BEFORE(real.wcscmp(a, b), compare(a, b, SIZE_MAX, FRAME))
int wrap_wcscasecmp(const wchar_t *a, const wchar_t *b)
TELLS_BEFORE(real.wcscasecmp(a, b), compare(a, b, SIZE_MAX, FRAME))
int wrap_wcscoll(const wchar_t *a, const wchar_t *b)
TELLS_BEFORE(real.wcscoll(a, b), compare(a, b, SIZE_MAX, FRAME))
int wrap_wcscasecmp_l(const wchar_t *a, const wchar_t *b, locale_t locale)
TELLS_BEFORE(real.wcscasecmp_l(a, b, locale), compare(a, b, SIZE_MAX, FRAME))
int wrap_wcscoll_l(const wchar_t *a, const wchar_t *b, locale_t locale)
TELLS_BEFORE(real.wcscoll_l(a, b, locale), compare(a, b, SIZE_MAX, FRAME))
int wrap___wcscasecmp_l(const wchar_t *a, const wchar_t *b, locale_t locale)
TELLS_BEFORE(real.__wcscasecmp_l(a, b, locale), compare(a, b, SIZE_MAX, FRAME))
int wrap___wcscoll_l(const wchar_t *a, const wchar_t *b, locale_t locale)
TELLS_BEFORE(real.__wcscoll_l(a, b, locale), compare(a, b, SIZE_MAX, FRAME))
int wrap_wcsncmp(const wchar_t *a, const wchar_t *b, size_t count)
TELLS_BEFORE(real.wcsncmp(a, b, count), compare(a, b, count, FRAME))
int wrap_wcsncasecmp(const wchar_t *a, const wchar_t *b, size_t count)
TELLS_BEFORE(real.wcsncasecmp(a, b, count), compare(a, b, count, FRAME))
int wrap_wcsncasecmp_l(const wchar_t *a, const wchar_t *b, size_t count, locale_t locale)
TELLS_BEFORE(real.wcsncasecmp_l(a, b, count, locale), compare(a, b, count, FRAME))
int wrap___wcsncasecmp_l(const wchar_t *a, const wchar_t *b, size_t count, locale_t locale)
TELLS_BEFORE(real.__wcsncasecmp_l(a, b, count, locale), compare(a, b, count, FRAME))
size_t wrap_wcsxfrm(wchar_t *to, const wchar_t *from, size_t count)
TELLS_AFTER(real.wcsxfrm(to, from, count),
            access_copy_part(to, result < count ? BYTES(result + 1) : 0, from, whole(from), FRAME))
size_t wrap_wcsxfrm_l(wchar_t *to, const wchar_t *from, size_t count, locale_t locale)
TELLS_AFTER(real.wcsxfrm_l(to, from, count, locale),
            access_copy_part(to, result < count ? BYTES(result + 1) : 0, from, whole(from), FRAME))
size_t wrap___wcsxfrm_l(wchar_t *to, const wchar_t *from, size_t count, locale_t locale)
TELLS_AFTER(real.__wcsxfrm_l(to, from, count, locale),
            access_copy_part(to, result < count ? BYTES(result + 1) : 0, from, whole(from), FRAME))
wchar_t *wrap_wcschr(const wchar_t *text, wchar_t c)
TELLS_AFTER(real.wcschr(text, c),
            access_read(text, result ? BYTES((size_t)(result + 1 - text)) : whole(text), FRAME))
wchar_t *wrap_wcschrnul(const wchar_t *text, wchar_t c)
TELLS_AFTER(real.wcschrnul(text, c), access_read(text, BYTES((size_t)(result + 1 - text)), FRAME))
wchar_t *wrap_wcsrchr(const wchar_t *text, wchar_t c)
TELLS_BEFORE(real.wcsrchr(text, c), access_read(text, whole(text), FRAME))
/* clang-format on */

static __attribute__((noinline)) void searched(const wchar_t *text, const wchar_t *part,
                                               const wchar_t *found, const void *frame)
{
    size_t size = whole(part);
    access_read_both(text, found ? BYTES((size_t)(found - text)) + size - BYTES(1) : whole(text),
                     part, size, frame);
}

/* clang-format off */
wchar_t *wrap_wcsstr(const wchar_t *text, const wchar_t *part)
TELLS_AFTER(real.wcsstr(text, part), searched(text, part, result, FRAME))
wchar_t *wrap_wcswcs(const wchar_t *text, const wchar_t *part)
TELLS_AFTER(real.wcswcs(text, part), searched(text, part, result, FRAME))
size_t wrap_wcsspn(const wchar_t *text, const wchar_t *set)
TELLS_AFTER(real.wcsspn(text, set), access_read_both(text, BYTES(result + 1), set, whole(set), FRAME))
size_t wrap_wcscspn(const wchar_t *text, const wchar_t *set)
TELLS_AFTER(real.wcscspn(text, set), access_read_both(text, BYTES(result + 1), set, whole(set), FRAME))
wchar_t *wrap_wcspbrk(const wchar_t *text, const wchar_t *set)
TELLS_AFTER(real.wcspbrk(text, set),
            access_read_both(text, result ? BYTES((size_t)(result + 1 - text)) : whole(text), set, whole(set), FRAME))
wchar_t *wrap_wcsdup(const wchar_t *from)
TELLS_AFTER(real.wcsdup(from), access_copy_part(result, result ? whole(from) : 0, from, whole(from), FRAME))
/* clang-format on */

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

/* clang-format off */
wchar_t *wrap_wcstok(wchar_t *text, const wchar_t *delimiters, wchar_t **position)
TELLS_BEFORE(real.wcstok(text, delimiters, position), cut(text ? text : *position, delimiters, position, FRAME))
/* clang-format on */
