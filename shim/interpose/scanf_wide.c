/*
 * wscanf and its family. What was written is told after the call, whose result says how many
 * conversions were made. libc reads the string of swscanf to its end, whatever the format asks.
 */
#include "interpose/scan.h"

/* clang-format off */
int wrap_wscanf(const wchar_t *format, ...)
SCANS_MORE(stdin, NULL, true, true, "wscanf", real.vwscanf(format, own))
int wrap_vwscanf(const wchar_t *format, va_list arguments)
SCANS(stdin, NULL, true, true, "wscanf", real.vwscanf(format, own))
int wrap_fwscanf(FILE *stream, const wchar_t *format, ...)
SCANS_MORE(stream, NULL, true, true, "fwscanf", real.vfwscanf(stream, format, own))
int wrap_vfwscanf(FILE *stream, const wchar_t *format, va_list arguments)
SCANS(stream, NULL, true, true, "fwscanf", real.vfwscanf(stream, format, own))
int wrap_swscanf(const wchar_t *from, const wchar_t *format, ...)
SCANS_MORE(NULL, from, true, true, "swscanf", real.vswscanf(from, format, own))
int wrap_vswscanf(const wchar_t *from, const wchar_t *format, va_list arguments)
SCANS(NULL, from, true, true, "swscanf", real.vswscanf(from, format, own))
int wrap___isoc99_wscanf(const wchar_t *format, ...)
SCANS_MORE(stdin, NULL, true, false, "wscanf", real.__isoc99_vwscanf(format, own))
int wrap___isoc99_vwscanf(const wchar_t *format, va_list arguments)
SCANS(stdin, NULL, true, false, "wscanf", real.__isoc99_vwscanf(format, own))
int wrap___isoc99_fwscanf(FILE *stream, const wchar_t *format, ...)
SCANS_MORE(stream, NULL, true, false, "fwscanf", real.__isoc99_vfwscanf(stream, format, own))
int wrap___isoc99_vfwscanf(FILE *stream, const wchar_t *format, va_list arguments)
SCANS(stream, NULL, true, false, "fwscanf", real.__isoc99_vfwscanf(stream, format, own))
int wrap___isoc99_swscanf(const wchar_t *from, const wchar_t *format, ...)
SCANS_MORE(NULL, from, true, false, "swscanf", real.__isoc99_vswscanf(from, format, own))
int wrap___isoc99_vswscanf(const wchar_t *from, const wchar_t *format, va_list arguments)
SCANS(NULL, from, true, false, "swscanf", real.__isoc99_vswscanf(from, format, own))
