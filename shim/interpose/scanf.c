/*
 * scanf and its family. What was written is told after the call, whose result says how many
 * conversions were made. libc reads the string of ssscanf to its end, whatever the format asks.
 */
#include "interpose/scan.h"

/* clang-format off */
int wrap_scanf(const char *format, ...)
SCANS_MORE(stdin, NULL, false, true, "scanf", real.vscanf(format, own))
int wrap_vscanf(const char *format, va_list arguments)
SCANS(stdin, NULL, false, true, "scanf", real.vscanf(format, own))
int wrap_fscanf(FILE *stream, const char *format, ...)
SCANS_MORE(stream, NULL, false, true, "fscanf", real.vfscanf(stream, format, own))
int wrap_vfscanf(FILE *stream, const char *format, va_list arguments)
SCANS(stream, NULL, false, true, "fscanf", real.vfscanf(stream, format, own))
int wrap_sscanf(const char *from, const char *format, ...)
SCANS_MORE(NULL, from, false, true, "sscanf", real.vsscanf(from, format, own))
int wrap_vsscanf(const char *from, const char *format, va_list arguments)
SCANS(NULL, from, false, true, "sscanf", real.vsscanf(from, format, own))
int wrap___isoc99_scanf(const char *format, ...)
SCANS_MORE(stdin, NULL, false, false, "scanf", real.__isoc99_vscanf(format, own))
int wrap___isoc99_vscanf(const char *format, va_list arguments)
SCANS(stdin, NULL, false, false, "scanf", real.__isoc99_vscanf(format, own))
int wrap___isoc99_fscanf(FILE *stream, const char *format, ...)
SCANS_MORE(stream, NULL, false, false, "fscanf", real.__isoc99_vfscanf(stream, format, own))
int wrap___isoc99_vfscanf(FILE *stream, const char *format, va_list arguments)
SCANS(stream, NULL, false, false, "fscanf", real.__isoc99_vfscanf(stream, format, own))
int wrap___isoc99_sscanf(const char *from, const char *format, ...)
SCANS_MORE(NULL, from, false, false, "sscanf", real.__isoc99_vsscanf(from, format, own))
int wrap___isoc99_vsscanf(const char *from, const char *format, va_list arguments)
SCANS(NULL, from, false, false, "sscanf", real.__isoc99_vsscanf(from, format, own))
int wrap__IO_sscanf(const char *from, const char *format, ...)
SCANS_MORE(NULL, from, false, true, "sscanf", real.vsscanf(from, format, own))
int wrap___vsscanf(const char *from, const char *format, va_list arguments)
SCANS(NULL, from, false, true, "sscanf", real.__vsscanf(from, format, own))
int wrap___vfscanf(FILE *stream, const char *format, va_list arguments)
SCANS(stream, NULL, false, true, "fscanf", real.__vfscanf(stream, format, own))
