/*
 * Between bytes and wide characters. Those with a state of their own when they are given none are
 * in detect/unsafe_call.def.
 */
#include <iconv.h>
#include <uchar.h>

#include "detect/unsafe_call.h"
#include "interpose/access.h"

/* What a call has used: the hidden state (call) or the given one, and two ranges. */
struct converted {
    enum unsafe_call call;
    const mbstate_t *state;
    const void *from, *to;
    size_t from_size, to_size;
};

static __attribute__((noinline)) void tell(const struct converted *converted, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (converted->state)
        access_tell(self, converted->state, sizeof(mbstate_t), ACCESS_WRITE, frame);
    else if (converted->call != UNSAFE_COUNT)
        unsafe_call(self, converted->call, 0, frame);
    if (converted->from)
        access_tell(self, converted->from, converted->from_size, ACCESS_READ, frame);
    if (converted->to)
        access_tell(self, converted->to, converted->to_size, ACCESS_WRITE, frame);
    guard_leave(self);
}

#define CONVERTED(...) tell(&(struct converted){__VA_ARGS__}, FRAME)

/* Of a result that may be an error ((size_t)-1, -2): the count. */
static size_t count_of(size_t result)
{
    return result < (size_t)-2 ? result : 0;
}

static size_t at_least_one(size_t count)
{
    return count ? count : 1;
}

/* clang-format off */
int wrap_mblen(const char *from, size_t size)
TELLS_AFTER(real.mblen(from, size),
            CONVERTED(UNSAFE_mblen, NULL, from, NULL, result > 0 ? (size_t)result : 0, 0))
int wrap_mbtowc(wchar_t *to, const char *from, size_t size)
TELLS_AFTER(real.mbtowc(to, from, size),
            CONVERTED(UNSAFE_mbtowc, NULL, from, to, result > 0 ? (size_t)result : 0, result >= 0 ? sizeof *to : 0))
int wrap_wctomb(char *to, wchar_t c)
TELLS_AFTER(real.wctomb(to, c), CONVERTED(UNSAFE_wctomb, NULL, NULL, to, 0, result > 0 ? (size_t)result : 0))
int wrap___wctomb_chk(char *to, wchar_t c, size_t room)
TELLS_AFTER(real.__wctomb_chk(to, c, room),
            CONVERTED(UNSAFE_wctomb, NULL, NULL, to, 0, result > 0 ? (size_t)result : 0))
size_t wrap_mbrlen(const char *from, size_t size, mbstate_t *state)
TELLS_AFTER(real.mbrlen(from, size, state),
            CONVERTED(UNSAFE_mbrlen, state, from, NULL, at_least_one(count_of(result)), 0))
size_t wrap___mbrlen(const char *from, size_t size, mbstate_t *state)
TELLS_AFTER(real.__mbrlen(from, size, state),
            CONVERTED(UNSAFE_mbrlen, state, from, NULL, at_least_one(count_of(result)), 0))
size_t wrap_mbrtowc(wchar_t *to, const char *from, size_t size, mbstate_t *state)
TELLS_AFTER(real.mbrtowc(to, from, size, state),
            CONVERTED(UNSAFE_mbrtowc, state, from, to, size ? at_least_one(count_of(result)) : 0, result < (size_t)-2 ? sizeof *to : 0))
size_t wrap___mbrtowc(wchar_t *to, const char *from, size_t size, mbstate_t *state)
TELLS_AFTER(real.__mbrtowc(to, from, size, state),
            CONVERTED(UNSAFE_mbrtowc, state, from, to, size ? at_least_one(count_of(result)) : 0, result < (size_t)-2 ? sizeof *to : 0))
size_t wrap_wcrtomb(char *to, wchar_t c, mbstate_t *state)
TELLS_AFTER(real.wcrtomb(to, c, state), CONVERTED(UNSAFE_wcrtomb, state, NULL, to, 0, count_of(result)))
size_t wrap___wcrtomb_chk(char *to, wchar_t c, mbstate_t *state, size_t room)
TELLS_AFTER(real.__wcrtomb_chk(to, c, state, room),
            CONVERTED(UNSAFE_wcrtomb, state, NULL, to, 0, count_of(result)))
/* clang-format on */

#define UNIT_FROM_BYTES(name, type)                                                                \
    size_t wrap_##name(type *to, const char *from, size_t size, mbstate_t *state)                  \
    {                                                                                              \
        size_t result = real.name(to, from, size, state);                                          \
        if (access_watched())                                                                      \
            CONVERTED(UNSAFE_##name, state, from, to,                                              \
                      from &&size &&result != (size_t)-3 ? at_least_one(count_of(result)) : 0,     \
                      from && (result < (size_t)-2 || result == (size_t)-3) ? sizeof *to : 0);     \
        return result;                                                                             \
    }
#define BYTES_FROM_UNIT(name, type)                                                                \
    size_t wrap_##name(char *to, type from, mbstate_t *state)                                      \
    {                                                                                              \
        size_t result = real.name(to, from, state);                                                \
        if (access_watched())                                                                      \
            CONVERTED(UNSAFE_##name, state, NULL, to, 0, count_of(result));                        \
        return result;                                                                             \
    }
/* clang-format off */
UNIT_FROM_BYTES(mbrtoc8, unsigned char)
UNIT_FROM_BYTES(mbrtoc16, char16_t)
UNIT_FROM_BYTES(mbrtoc32, char32_t)
BYTES_FROM_UNIT(c8rtomb, unsigned char)
BYTES_FROM_UNIT(c16rtomb, char16_t)
BYTES_FROM_UNIT(c32rtomb, char32_t)

size_t wrap_mbstowcs(wchar_t *to, const char *from, size_t count)
TELLS_AFTER(real.mbstowcs(to, from, count),
            CONVERTED(UNSAFE_COUNT, NULL, from, to, at_least_one(count_of(result)), access_ended(count_of(result), count) * sizeof *to))
size_t wrap___mbstowcs_chk(wchar_t *to, const char *from, size_t count, size_t room)
TELLS_AFTER(real.__mbstowcs_chk(to, from, count, room),
            CONVERTED(UNSAFE_COUNT, NULL, from, to, at_least_one(count_of(result)), access_ended(count_of(result), count) * sizeof *to))
size_t wrap_wcstombs(char *to, const wchar_t *from, size_t size)
TELLS_AFTER(real.wcstombs(to, from, size),
            CONVERTED(UNSAFE_COUNT, NULL, from, to, sizeof *from, access_ended(count_of(result), size)))
size_t wrap___wcstombs_chk(char *to, const wchar_t *from, size_t size, size_t room)
TELLS_AFTER(real.__wcstombs_chk(to, from, size, room),
            CONVERTED(UNSAFE_COUNT, NULL, from, to, sizeof *from, access_ended(count_of(result), size)))
size_t wrap_mbsrtowcs(wchar_t *to, const char **from, size_t room, mbstate_t *state)
TELLS_AFTER(real.mbsrtowcs(to, from, room, state),
            CONVERTED(UNSAFE_mbsrtowcs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
size_t wrap___mbsrtowcs_chk(wchar_t *to, const char **from, size_t room, mbstate_t *state, size_t limit)
TELLS_AFTER(real.__mbsrtowcs_chk(to, from, room, state, limit),
            CONVERTED(UNSAFE_mbsrtowcs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
size_t wrap_mbsnrtowcs(wchar_t *to, const char **from, size_t most, size_t room, mbstate_t *state)
TELLS_AFTER(real.mbsnrtowcs(to, from, most, room, state),
            CONVERTED(UNSAFE_mbsnrtowcs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
size_t wrap___mbsnrtowcs_chk(wchar_t *to, const char **from, size_t most, size_t room, mbstate_t *state, size_t limit)
TELLS_AFTER(real.__mbsnrtowcs_chk(to, from, most, room, state, limit),
            CONVERTED(UNSAFE_mbsnrtowcs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
size_t wrap_wcsrtombs(char *to, const wchar_t **from, size_t room, mbstate_t *state)
TELLS_AFTER(real.wcsrtombs(to, from, room, state),
            CONVERTED(UNSAFE_wcsrtombs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
size_t wrap___wcsrtombs_chk(char *to, const wchar_t **from, size_t room, mbstate_t *state, size_t limit)
TELLS_AFTER(real.__wcsrtombs_chk(to, from, room, state, limit),
            CONVERTED(UNSAFE_wcsrtombs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
size_t wrap_wcsnrtombs(char *to, const wchar_t **from, size_t most, size_t room, mbstate_t *state)
TELLS_AFTER(real.wcsnrtombs(to, from, most, room, state),
            CONVERTED(UNSAFE_wcsnrtombs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
size_t wrap___wcsnrtombs_chk(char *to, const wchar_t **from, size_t most, size_t room, mbstate_t *state, size_t limit)
TELLS_AFTER(real.__wcsnrtombs_chk(to, from, most, room, state, limit),
            CONVERTED(UNSAFE_wcsnrtombs, state, from, to, sizeof *from, count_of(result) * sizeof *to))
/* clang-format on */

/* Both positions move by what was read and written. */
size_t wrap_iconv(iconv_t converter, char **from, size_t *from_left, char **to, size_t *to_left)
{
    if (likely(!access_watched()))
        return real.iconv(converter, from, from_left, to, to_left);
    char *old_from = from ? *from : NULL, *old_to = to ? *to : NULL;
    size_t result = real.iconv(converter, from, from_left, to, to_left);
    if (old_from) {
        access_read(old_from, (size_t)(*from - old_from), FRAME);
        access_write(from, sizeof *from, FRAME);
        access_write(from_left, sizeof *from_left, FRAME);
    }
    if (old_to) {
        access_write(old_to, (size_t)(*to - old_to), FRAME);
        access_write(to, sizeof *to, FRAME);
        access_write(to_left, sizeof *to_left, FRAME);
    }
    return result;
}
