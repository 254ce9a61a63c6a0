/*
 * Numbers from text: read up to and with the character that ends the number, which libc says by the
 * end that it returns. It is asked for that also where the program does not ask. With a bad base
 * libc sets no end, and reads nothing.
 */
#include <inttypes.h>

#include "interpose/access.h"

static __attribute__((noinline)) void converted(const void *text, const void *end, size_t unit,
                                                const void *ret_end, const void *frame)
{
    access_copy_part(ret_end, ret_end ? sizeof(void *) : 0, text,
                     (size_t)((const char *)end - (const char *)text) + unit, frame);
}

/* parameters and arguments: what follows the end, each with a comma before it. */
#define NUMBER(type, name, character, parameters, arguments)                                       \
    type wrap_##name(const character *text, character **ret_end parameters)                        \
    {                                                                                              \
        if (likely(!access_watched()))                                                             \
            return real.name(text, ret_end arguments);                                             \
        character *end = NULL;                                                                     \
        type value = real.name(text, &end arguments);                                              \
        if (end) {                                                                                 \
            if (ret_end)                                                                           \
                *ret_end = end;                                                                    \
            converted(text, end, sizeof(character), ret_end, FRAME);                               \
        }                                                                                          \
        return value;                                                                              \
    }
#define WITH(...) , __VA_ARGS__

/* clang-format off */
NUMBER(long, strtol, char, WITH(int base), WITH(base))
NUMBER(long, strtol_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long, __strtol_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long, __strtol_internal, char, WITH(int base, int group), WITH(base, group))
NUMBER(unsigned long, strtoul, char, WITH(int base), WITH(base))
NUMBER(unsigned long, strtoul_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long, __strtoul_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long, __strtoul_internal, char, WITH(int base, int group), WITH(base, group))
NUMBER(long long, strtoll, char, WITH(int base), WITH(base))
NUMBER(long long, strtoll_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long long, __strtoll_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long long, __strtoll_internal, char, WITH(int base, int group), WITH(base, group))
NUMBER(unsigned long long, strtoull, char, WITH(int base), WITH(base))
NUMBER(unsigned long long, strtoull_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long long, __strtoull_l, char, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long long, __strtoull_internal, char, WITH(int base, int group), WITH(base, group))
NUMBER(intmax_t, strtoimax, char, WITH(int base), WITH(base))
NUMBER(uintmax_t, strtoumax, char, WITH(int base), WITH(base))
NUMBER(long long, strtoq, char, WITH(int base), WITH(base))
NUMBER(unsigned long long, strtouq, char, WITH(int base), WITH(base))
NUMBER(double, strtod, char, , )
NUMBER(double, strtod_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(double, __strtod_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(double, __strtod_internal, char, WITH(int group), WITH(group))
NUMBER(float, strtof, char, , )
NUMBER(float, strtof_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(float, __strtof_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(float, __strtof_internal, char, WITH(int group), WITH(group))
NUMBER(long double, strtold, char, , )
NUMBER(long double, strtold_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(long double, __strtold_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(long double, __strtold_internal, char, WITH(int group), WITH(group))
NUMBER(long, wcstol, wchar_t, WITH(int base), WITH(base))
NUMBER(long, wcstol_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long, __wcstol_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long, __wcstol_internal, wchar_t, WITH(int base, int group), WITH(base, group))
NUMBER(unsigned long, wcstoul, wchar_t, WITH(int base), WITH(base))
NUMBER(unsigned long, wcstoul_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long, __wcstoul_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long, __wcstoul_internal, wchar_t, WITH(int base, int group), WITH(base, group))
NUMBER(long long, wcstoll, wchar_t, WITH(int base), WITH(base))
NUMBER(long long, wcstoll_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long long, __wcstoll_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(long long, __wcstoll_internal, wchar_t, WITH(int base, int group), WITH(base, group))
NUMBER(unsigned long long, wcstoull, wchar_t, WITH(int base), WITH(base))
NUMBER(unsigned long long, wcstoull_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long long, __wcstoull_l, wchar_t, WITH(int base, locale_t locale), WITH(base, locale))
NUMBER(unsigned long long, __wcstoull_internal, wchar_t, WITH(int base, int group), WITH(base, group))
NUMBER(intmax_t, wcstoimax, wchar_t, WITH(int base), WITH(base))
NUMBER(uintmax_t, wcstoumax, wchar_t, WITH(int base), WITH(base))
NUMBER(long long, wcstoq, wchar_t, WITH(int base), WITH(base))
NUMBER(unsigned long long, wcstouq, wchar_t, WITH(int base), WITH(base))
NUMBER(double, wcstod, wchar_t, , )
NUMBER(double, wcstod_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(double, __wcstod_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(double, __wcstod_internal, wchar_t, WITH(int group), WITH(group))
NUMBER(float, wcstof, wchar_t, , )
NUMBER(float, wcstof_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(float, __wcstof_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(float, __wcstof_internal, wchar_t, WITH(int group), WITH(group))
NUMBER(long double, wcstold, wchar_t, , )
NUMBER(long double, wcstold_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(long double, __wcstold_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(long double, __wcstold_internal, wchar_t, WITH(int group), WITH(group))
NUMBER(_Float32, strtof32, char, , )
NUMBER(_Float32, strtof32_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(_Float64, strtof64, char, , )
NUMBER(_Float64, strtof64_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(_Float128, strtof128, char, , )
NUMBER(_Float128, strtof128_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(_Float32x, strtof32x, char, , )
NUMBER(_Float32x, strtof32x_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(_Float64x, strtof64x, char, , )
NUMBER(_Float64x, strtof64x_l, char, WITH(locale_t locale), WITH(locale))
NUMBER(_Float32, wcstof32, wchar_t, , )
NUMBER(_Float32, wcstof32_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(_Float64, wcstof64, wchar_t, , )
NUMBER(_Float64, wcstof64_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(_Float128, wcstof128, wchar_t, , )
NUMBER(_Float128, wcstof128_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(_Float32x, wcstof32x, wchar_t, , )
NUMBER(_Float32x, wcstof32x_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(_Float64x, wcstof64x, wchar_t, , )
NUMBER(_Float64x, wcstof64x_l, wchar_t, WITH(locale_t locale), WITH(locale))
NUMBER(_Float128, __strtof128_internal, char, WITH(int group), WITH(group))
NUMBER(_Float128, __wcstof128_internal, wchar_t, WITH(int group), WITH(group))
/* clang-format on */

#define DECIMAL(type, name, call)                                                                  \
    type wrap_##name(const char *text)                                                             \
    {                                                                                              \
        if (likely(!access_watched()))                                                             \
            return real.name(text);                                                                \
        char *end;                                                                                 \
        type value = (type)call;                                                                   \
        converted(text, end, 1, NULL, FRAME);                                                      \
        return value;                                                                              \
    }
DECIMAL(int, atoi, real.strtol(text, &end, 10))
DECIMAL(long, atol, real.strtol(text, &end, 10))
DECIMAL(long long, atoll, real.strtoll(text, &end, 10))
DECIMAL(double, atof, real.strtod(text, &end))
