/* The families that print messages: on standard error, and to the system's log. */
#include <err.h>
#include <syslog.h>

#include "interpose/print.h"

/* Those of err.h may have no format. */
#define LOGS(before, call)                                                                         \
    {                                                                                              \
        if (format && access_wanted())                                                             \
            before;                                                                                \
        call;                                                                                      \
    }
#define LOGS_MORE(before, call)                                                                    \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        if (format && access_wanted())                                                             \
            before;                                                                                \
        call;                                                                                      \
        va_end(arguments);                                                                         \
    }

/* clang-format off */
void wrap_warn(const char *format, ...)
LOGS_MORE(TO_STREAM(stderr, "warn"), real.vwarn(format, arguments))
void wrap_vwarn(const char *format, va_list arguments)
LOGS(TO_STREAM(stderr, "warn"), real.vwarn(format, arguments))
void wrap_warnx(const char *format, ...)
LOGS_MORE(TO_STREAM(stderr, "warnx"), real.vwarnx(format, arguments))
void wrap_vwarnx(const char *format, va_list arguments)
LOGS(TO_STREAM(stderr, "warnx"), real.vwarnx(format, arguments))
void wrap_err(int status, const char *format, ...)
LOGS_MORE(TO_STREAM(stderr, "err"), real.verr(status, format, arguments))
void wrap_verr(int status, const char *format, va_list arguments)
LOGS(TO_STREAM(stderr, "err"), real.verr(status, format, arguments))
void wrap_errx(int status, const char *format, ...)
LOGS_MORE(TO_STREAM(stderr, "errx"), real.verrx(status, format, arguments))
void wrap_verrx(int status, const char *format, va_list arguments)
LOGS(TO_STREAM(stderr, "errx"), real.verrx(status, format, arguments))

void wrap_syslog(int priority, const char *format, ...)
LOGS_MORE(TO_TEXT("syslog"), real.vsyslog(priority, format, arguments))
void wrap_vsyslog(int priority, const char *format, va_list arguments)
LOGS(TO_TEXT("syslog"), real.vsyslog(priority, format, arguments))
void wrap___syslog_chk(int priority, int flag, const char *format, ...)
LOGS_MORE(TO_TEXT("syslog"), real.__vsyslog_chk(priority, flag, format, arguments))
void wrap___vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
LOGS(TO_TEXT("syslog"), real.__vsyslog_chk(priority, flag, format, arguments))
/* clang-format on */

void wrap_psignal(int signal, const char *text)
{
    if (access_wanted())
        stream_out_text(stderr, "psignal", text, FRAME);
    real.psignal(signal, text);
}

void wrap_psiginfo(const siginfo_t *info, const char *text)
{
    if (access_wanted())
        stream_out_text(stderr, "psiginfo", text, FRAME);
    real.psiginfo(info, text);
}
