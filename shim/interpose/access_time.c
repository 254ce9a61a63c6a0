/* Times and dates. */
#include <sys/time.h>
#include <sys/times.h>

#include "interpose/access.h"

struct tm *wrap_localtime_r(const time_t *time, struct tm *ret_parts)
{
    struct tm *result = real.localtime_r(time, ret_parts);
    if (access_watched())
        access_copy_part(ret_parts, result ? sizeof *ret_parts : 0, time, sizeof *time, FRAME);
    return result;
}

struct tm *wrap_gmtime_r(const time_t *time, struct tm *ret_parts)
{
    struct tm *result = real.gmtime_r(time, ret_parts);
    if (access_watched())
        access_copy_part(ret_parts, result ? sizeof *ret_parts : 0, time, sizeof *time, FRAME);
    return result;
}

struct tm *wrap___gmtime_r(const time_t *time, struct tm *ret_parts)
{
    struct tm *result = real.__gmtime_r(time, ret_parts);
    if (access_watched())
        access_copy_part(ret_parts, result ? sizeof *ret_parts : 0, time, sizeof *time, FRAME);
    return result;
}

char *wrap_asctime_r(const struct tm *parts, char *to)
{
    char *result = real.asctime_r(parts, to);
    if (access_watched())
        access_copy_part(to, text_size(result), parts, sizeof *parts, FRAME);
    return result;
}

char *wrap_ctime_r(const time_t *time, char *to)
{
    char *result = real.ctime_r(time, to);
    if (access_watched())
        access_copy_part(to, text_size(result), time, sizeof *time, FRAME);
    return result;
}

time_t wrap_mktime(struct tm *parts)
{
    if (access_watched())
        access_copy(parts, parts, sizeof *parts, FRAME);
    return real.mktime(parts);
}

time_t wrap_timegm(struct tm *parts)
{
    if (access_watched())
        access_copy(parts, parts, sizeof *parts, FRAME);
    return real.timegm(parts);
}

time_t wrap_timelocal(struct tm *parts)
{
    if (access_watched())
        access_copy(parts, parts, sizeof *parts, FRAME);
    return real.timelocal(parts);
}

static __attribute__((noinline)) void formatted(const void *to, size_t size, const void *format,
                                                size_t format_size, const struct tm *parts,
                                                const void *frame)
{
    access_read_both(format, format_size, parts, sizeof *parts, frame);
    access_write(to, size, frame);
}

size_t wrap_strftime(char *to, size_t room, const char *format, const struct tm *parts)
{
    size_t result = real.strftime(to, room, format, parts);
    if (access_watched())
        formatted(to, result ? result + 1 : 0, format, text_size(format), parts, FRAME);
    return result;
}

size_t wrap_strftime_l(char *to, size_t room, const char *format, const struct tm *parts,
                       locale_t locale)
{
    size_t result = real.strftime_l(to, room, format, parts, locale);
    if (access_watched())
        formatted(to, result ? result + 1 : 0, format, text_size(format), parts, FRAME);
    return result;
}

size_t wrap___strftime_l(char *to, size_t room, const char *format, const struct tm *parts,
                         locale_t locale)
{
    size_t result = real.__strftime_l(to, room, format, parts, locale);
    if (access_watched())
        formatted(to, result ? result + 1 : 0, format, text_size(format), parts, FRAME);
    return result;
}

size_t wrap_wcsftime(wchar_t *to, size_t room, const wchar_t *format, const struct tm *parts)
{
    size_t result = real.wcsftime(to, room, format, parts);
    if (access_watched())
        formatted(to, result ? (result + 1) * sizeof *to : 0, format,
                  (real.wcslen(format) + 1) * sizeof *format, parts, FRAME);
    return result;
}

size_t wrap_wcsftime_l(wchar_t *to, size_t room, const wchar_t *format, const struct tm *parts,
                       locale_t locale)
{
    size_t result = real.wcsftime_l(to, room, format, parts, locale);
    if (access_watched())
        formatted(to, result ? (result + 1) * sizeof *to : 0, format,
                  (real.wcslen(format) + 1) * sizeof *format, parts, FRAME);
    return result;
}

size_t wrap___wcsftime_l(wchar_t *to, size_t room, const wchar_t *format, const struct tm *parts,
                         locale_t locale)
{
    size_t result = real.__wcsftime_l(to, room, format, parts, locale);
    if (access_watched())
        formatted(to, result ? (result + 1) * sizeof *to : 0, format,
                  (real.wcslen(format) + 1) * sizeof *format, parts, FRAME);
    return result;
}

/* Which fields are written depends on the format; that some are is told of those that have another
   value now. */
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

int wrap_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int result = real.clock_gettime(clock, ret_time);
    if (access_watched())
        access_write(ret_time, result == 0 ? sizeof *ret_time : 0, FRAME);
    return result;
}

int wrap_clock_getres(clockid_t clock, struct timespec *ret_time)
{
    int result = real.clock_getres(clock, ret_time);
    if (access_watched())
        access_write(ret_time, result == 0 && ret_time ? sizeof *ret_time : 0, FRAME);
    return result;
}

static void got_time_of_day(const struct timeval *time, const void *zone, const void *frame)
{
    access_write(time, time ? sizeof *time : 0, frame);
    access_write(zone, zone ? sizeof(struct timezone) : 0, frame);
}

int wrap_gettimeofday(struct timeval *ret_time, void *ret_zone)
{
    int result = real.gettimeofday(ret_time, ret_zone);
    if (access_watched())
        got_time_of_day(ret_time, ret_zone, FRAME);
    return result;
}

int wrap___gettimeofday(struct timeval *ret_time, void *ret_zone)
{
    int result = real.__gettimeofday(ret_time, ret_zone);
    if (access_watched())
        got_time_of_day(ret_time, ret_zone, FRAME);
    return result;
}

time_t wrap_time(time_t *ret_time)
{
    time_t result = real.time(ret_time);
    if (access_watched())
        access_write(ret_time, ret_time ? sizeof *ret_time : 0, FRAME);
    return result;
}

int wrap_timespec_get(struct timespec *ret_time, int base)
{
    int result = real.timespec_get(ret_time, base);
    if (access_watched())
        access_write(ret_time, result ? sizeof *ret_time : 0, FRAME);
    return result;
}

clock_t wrap_times(struct tms *ret_times)
{
    clock_t result = real.times(ret_times);
    if (access_watched())
        access_write(ret_times, ret_times ? sizeof *ret_times : 0, FRAME);
    return result;
}
