/* Times and dates. */
#include <sys/time.h>
#include <sys/times.h>

#include "interpose/access.h"

/* clang-format off */
struct tm *wrap_localtime_r(const time_t *time, struct tm *ret_parts)
TELLS_AFTER(real.localtime_r(time, ret_parts),
            access_copy_part(ret_parts, result ? sizeof *ret_parts : 0, time, sizeof *time, FRAME))
struct tm *wrap_gmtime_r(const time_t *time, struct tm *ret_parts)
TELLS_AFTER(real.gmtime_r(time, ret_parts),
            access_copy_part(ret_parts, result ? sizeof *ret_parts : 0, time, sizeof *time, FRAME))
struct tm *wrap___gmtime_r(const time_t *time, struct tm *ret_parts)
TELLS_AFTER(real.__gmtime_r(time, ret_parts),
            access_copy_part(ret_parts, result ? sizeof *ret_parts : 0, time, sizeof *time, FRAME))
char *wrap_asctime_r(const struct tm *parts, char *to)
TELLS_AFTER(real.asctime_r(parts, to), access_copy_part(to, text_size(result), parts, sizeof *parts, FRAME))
char *wrap_ctime_r(const time_t *time, char *to)
TELLS_AFTER(real.ctime_r(time, to), access_copy_part(to, text_size(result), time, sizeof *time, FRAME))
time_t wrap_mktime(struct tm *parts)
TELLS_BEFORE(real.mktime(parts), access_copy(parts, parts, sizeof *parts, FRAME))
time_t wrap_timegm(struct tm *parts)
TELLS_BEFORE(real.timegm(parts), access_copy(parts, parts, sizeof *parts, FRAME))
time_t wrap_timelocal(struct tm *parts)
TELLS_BEFORE(real.timelocal(parts), access_copy(parts, parts, sizeof *parts, FRAME))
/* clang-format on */

static __attribute__((noinline)) void formatted(const void *to, size_t size, const void *format,
                                                size_t format_size, const struct tm *parts,
                                                const void *frame)
{
    access_read_both(format, format_size, parts, sizeof *parts, frame);
    access_write(to, size, frame);
}

/* clang-format off */
size_t wrap_strftime(char *to, size_t room, const char *format, const struct tm *parts)
TELLS_AFTER(real.strftime(to, room, format, parts),
            formatted(to, result ? result + 1 : 0, format, text_size(format), parts, FRAME))
size_t wrap_strftime_l(char *to, size_t room, const char *format, const struct tm *parts, locale_t locale)
TELLS_AFTER(real.strftime_l(to, room, format, parts, locale),
            formatted(to, result ? result + 1 : 0, format, text_size(format), parts, FRAME))
size_t wrap___strftime_l(char *to, size_t room, const char *format, const struct tm *parts, locale_t locale)
TELLS_AFTER(real.__strftime_l(to, room, format, parts, locale),
            formatted(to, result ? result + 1 : 0, format, text_size(format), parts, FRAME))
size_t wrap_wcsftime(wchar_t *to, size_t room, const wchar_t *format, const struct tm *parts)
TELLS_AFTER(real.wcsftime(to, room, format, parts),
            formatted(to, result ? (result + 1) * sizeof *to : 0, format, (real.wcslen(format) + 1) * sizeof *format, parts, FRAME))
size_t wrap_wcsftime_l(wchar_t *to, size_t room, const wchar_t *format, const struct tm *parts, locale_t locale)
TELLS_AFTER(real.wcsftime_l(to, room, format, parts, locale),
            formatted(to, result ? (result + 1) * sizeof *to : 0, format, (real.wcslen(format) + 1) * sizeof *format, parts, FRAME))
size_t wrap___wcsftime_l(wchar_t *to, size_t room, const wchar_t *format, const struct tm *parts, locale_t locale)
TELLS_AFTER(real.__wcsftime_l(to, room, format, parts, locale),
            formatted(to, result ? (result + 1) * sizeof *to : 0, format, (real.wcslen(format) + 1) * sizeof *format, parts, FRAME))
/* clang-format on */

/* Which fields are written depends on the format; that some are is told of those that have
   another value now. */
static __attribute__((noinline)) void parsed(const char *text, const char *end, const char *format,
                                             const struct tm *before, const struct tm *parts,
                                             const void *frame)
{
    const int *old = (const int *)before, *new = (const int *)parts;
    access_read_both(text, end ? (size_t)(end - text) : 0, format, real.strlen(format) + 1, frame);
    for (size_t i = 0; end && i < sizeof *parts / sizeof *new; i++)
        if (old[i] != new[i])
            access_write(&new[i], sizeof *new, frame);
}

char *wrap_strptime(const char *text, const char *format, struct tm *parts)
{
    if (likely(!access_watched()))
        return real.strptime(text, format, parts);
    struct tm before = *parts;
    char *end = real.strptime(text, format, parts);
    parsed(text, end, format, &before, parts, FRAME);
    return end;
}

char *wrap_strptime_l(const char *text, const char *format, struct tm *parts, locale_t locale)
{
    if (likely(!access_watched()))
        return real.strptime_l(text, format, parts, locale);
    struct tm before = *parts;
    char *end = real.strptime_l(text, format, parts, locale);
    parsed(text, end, format, &before, parts, FRAME);
    return end;
}

/* clang-format off */
int wrap_clock_gettime(clockid_t clock, struct timespec *ret_time)
TELLS_AFTER(real.clock_gettime(clock, ret_time),
            access_write(ret_time, result == 0 ? sizeof *ret_time : 0, FRAME))
int wrap_clock_getres(clockid_t clock, struct timespec *ret_time)
TELLS_AFTER(real.clock_getres(clock, ret_time),
            access_write(ret_time, result == 0 && ret_time ? sizeof *ret_time : 0, FRAME))
/* clang-format on */

static void got_time_of_day(const struct timeval *time, const void *zone, const void *frame)
{
    access_write(time, time ? sizeof *time : 0, frame);
    access_write(zone, zone ? sizeof(struct timezone) : 0, frame);
}

/* clang-format off */
int wrap_gettimeofday(struct timeval *ret_time, void *ret_zone)
TELLS_AFTER(real.gettimeofday(ret_time, ret_zone), got_time_of_day(ret_time, ret_zone, FRAME))
int wrap___gettimeofday(struct timeval *ret_time, void *ret_zone)
TELLS_AFTER(real.__gettimeofday(ret_time, ret_zone), got_time_of_day(ret_time, ret_zone, FRAME))
time_t wrap_time(time_t *ret_time)
TELLS_AFTER(real.time(ret_time), access_write(ret_time, ret_time ? sizeof *ret_time : 0, FRAME))
int wrap_timespec_get(struct timespec *ret_time, int base)
TELLS_AFTER(real.timespec_get(ret_time, base), access_write(ret_time, result ? sizeof *ret_time : 0, FRAME))
clock_t wrap_times(struct tms *ret_times)
TELLS_AFTER(real.times(ret_times), access_write(ret_times, ret_times ? sizeof *ret_times : 0, FRAME))
/* clang-format on */
