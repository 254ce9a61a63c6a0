/* Other functions on text of the caller: numbers into text, parts of names, addresses. */

#include "interpose/access.h"

/* clang-format off */

/* ---- numbers into text */
#define FORMATTED(to, room) TEXT(format); WRITES(to, result < 0 ? 0 : access_ended((size_t)result, room))
int wrap_strfromd(char *to, size_t room, const char *format, double value)
TELLS_AFTER(real.strfromd(to, room, format, value), FORMATTED(to, room))
int wrap_strfromf(char *to, size_t room, const char *format, float value)
TELLS_AFTER(real.strfromf(to, room, format, value), FORMATTED(to, room))
int wrap_strfroml(char *to, size_t room, const char *format, long double value)
TELLS_AFTER(real.strfroml(to, room, format, value), FORMATTED(to, room))
int wrap_strfromf32(char *to, size_t room, const char *format, _Float32 value)
TELLS_AFTER(real.strfromf32(to, room, format, value), FORMATTED(to, room))
int wrap_strfromf64(char *to, size_t room, const char *format, _Float64 value)
TELLS_AFTER(real.strfromf64(to, room, format, value), FORMATTED(to, room))
int wrap_strfromf128(char *to, size_t room, const char *format, _Float128 value)
TELLS_AFTER(real.strfromf128(to, room, format, value), FORMATTED(to, room))
int wrap_strfromf32x(char *to, size_t room, const char *format, _Float32x value)
TELLS_AFTER(real.strfromf32x(to, room, format, value), FORMATTED(to, room))
int wrap_strfromf64x(char *to, size_t room, const char *format, _Float64x value)
TELLS_AFTER(real.strfromf64x(to, room, format, value), FORMATTED(to, room))

#define DIGITS(to, room) if (result == 0) { WRITES(ret_point, sizeof *ret_point); WRITES(ret_sign, sizeof *ret_sign); MADE(to); }
int wrap_ecvt_r(double value, int digits, int *ret_point, int *ret_sign, char *to, size_t room)
TELLS_AFTER(real.ecvt_r(value, digits, ret_point, ret_sign, to, room), DIGITS(to, room))
int wrap_fcvt_r(double value, int digits, int *ret_point, int *ret_sign, char *to, size_t room)
TELLS_AFTER(real.fcvt_r(value, digits, ret_point, ret_sign, to, room), DIGITS(to, room))
int wrap_qecvt_r(long double value, int digits, int *ret_point, int *ret_sign, char *to, size_t room)
TELLS_AFTER(real.qecvt_r(value, digits, ret_point, ret_sign, to, room), DIGITS(to, room))
int wrap_qfcvt_r(long double value, int digits, int *ret_point, int *ret_sign, char *to, size_t room)
TELLS_AFTER(real.qfcvt_r(value, digits, ret_point, ret_sign, to, room), DIGITS(to, room))
char *wrap_gcvt(double value, int digits, char *to)
TELLS_AFTER(real.gcvt(value, digits, to), MADE(to))
char *wrap_qgcvt(long double value, int digits, char *to)
TELLS_AFTER(real.qgcvt(value, digits, to), MADE(to))
long wrap_a64l(const char *text)
TELLS_BEFORE(real.a64l(text), TEXT(text))

/* ---- parts of names. Those of POSIX may cut the name itself. */
char *wrap_basename(const char *path)
TELLS_BEFORE(real.basename(path), TEXT(path))
char *wrap___xpg_basename(char *path)
TELLS_AFTER(real.__xpg_basename(path), TEXT(path))
char *wrap_dirname(char *path)
TELLS_AFTER(real.dirname(path), TEXT(path); if (path && result == path) WRITES(path + text_size(path) - 1, 1))
char *wrap_strfry(char *text)
TELLS_BEFORE(real.strfry(text), access_copy(text, text, text_size(text), FRAME))
int wrap_wcswidth(const wchar_t *text, size_t size)
TELLS_BEFORE(real.wcswidth(text, size),
             READS(text, access_ended(real.wcsnlen(text, size), size) * sizeof *text))

/* ---- addresses */
in_addr_t wrap_inet_network(const char *text)
TELLS_BEFORE(real.inet_network(text), TEXT(text))
char *wrap_ether_ntoa_r(const struct ether_addr *address, char *to)
TELLS_AFTER(real.ether_ntoa_r(address, to),
            access_copy_part(to, text_size(to), address, sizeof *address, FRAME))
struct ether_addr *wrap_ether_aton_r(const char *text, struct ether_addr *to)
TELLS_AFTER(real.ether_aton_r(text, to),
            access_copy_part(to, result ? sizeof *to : 0, text, text_size(text), FRAME))
int wrap_ether_hostton(const char *host, struct ether_addr *to)
TELLS_AFTER(real.ether_hostton(host, to), TEXT(host); RESULT(to))
int wrap_ether_ntohost(char *host, const struct ether_addr *address)
TELLS_AFTER(real.ether_ntohost(host, address), READS(address, sizeof *address); if (result == 0) MADE(host))
int wrap_ether_line(const char *line, struct ether_addr *address, char *host)
TELLS_AFTER(real.ether_line(line, address, host), TEXT(line); RESULT(address); if (result == 0) MADE(host))
/* clang-format on */

/* The option that is next in the text, which is cut there, and what follows it. */
int wrap_getsubopt(char **text, char *const *options, char **ret_value)
{
    char *before = *text;
    int result = real.getsubopt(text, options, ret_value);
    if (access_watched()) {
        access_copy(text, text, sizeof *text, FRAME);
        WRITES(ret_value, sizeof *ret_value);
        access_copy(before, before, (size_t)(*text - before), FRAME);
    }
    return result;
}
