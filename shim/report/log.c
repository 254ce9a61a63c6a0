#include "report/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/memory.h"
#include "base/say.h"
#include "base/syscall.h"
#include "base/text.h"
#include "state/clock.h"
#include "state/environment.h"
#include "state/options.h"
#include "state/process.h"
#include "state/stack.h"
#include "state/thread.h"

static struct stat initial; /* st_mode 0: descriptor 2 was not open */

void log_start_up(void)
{
    if (raw_failed(raw_syscall(SYS_fstat, 2, &initial)))
        initial.st_mode = 0;
}

/* A daemon may have closed descriptor 2 and got a client's connection under that number. */
static bool stderr_is_there(void)
{
    struct stat now;
    long flags = raw_syscall(SYS_fcntl, 2, F_GETFL);
    if (raw_failed(flags) || (flags & O_ACCMODE) == O_RDONLY ||
        raw_failed(raw_syscall(SYS_fstat, 2, &now)))
        return false;
    bool same = initial.st_mode && now.st_dev == initial.st_dev && now.st_ino == initial.st_ino;
    return same || !S_ISSOCK(now.st_mode);
}

static int kept = -1;

/* Is the wrapper called by a handler of exit? exit itself has one call, early on. A program that
   closes its stderr earlier means to let go of it: whoever reads it waits for its end. */
static bool in_exit(struct thread *self, const void *frame)
{
    struct stack_start start = stack_start_of(self, frame);
    struct stack_frames stack;
    stack_walk(&start, 16, &stack);
    for (uint32_t i = 0; i < stack.count; i++)
        if (stack.frames[i] - (uintptr_t)exit < 64)
            return true;
    return false;
}

void process_stderr_closes(const void *frame)
{
    if (kept >= 0 || environment.launched || !options.number[OPTION_REPORT] ||
        *options.text[OPTION_LOG_PATH])
        return;
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (stderr_is_there() && in_exit(self, frame))
        kept = (int)raw_syscall(SYS_fcntl, 2, F_DUPFD_CLOEXEC, 3);
    guard_leave(self);
}

/* %p pid, %e program, %t time (seconds since 1970), %h host, %% itself. */
static void expand(struct text *text, const char *pattern, const char *program)
{
    struct utsname host;
    for (; *pattern; pattern++) {
        if (*pattern != '%' || !pattern[1]) {
            text_add_char(text, *pattern);
            continue;
        }
        switch (*++pattern) {
        case 'p':
            text_add_number(text, (uint64_t)raw_syscall(SYS_getpid));
            break;
        case 'e':
            text_add(text, program);
            break;
        case 't':
            text_add_number(text, clock_read(CLOCK_REALTIME) / 1000000000u);
            break;
        case 'h':
            if (!raw_failed(raw_syscall(SYS_uname, &host)))
                text_add(text, host.nodename);
            break;
        case '%':
            text_add_char(text, '%');
            break;
        default:
            text_add_char(text, '%');
            text_add_char(text, *pattern);
        }
    }
}

int log_open(const char *program, const char *directory)
{
    static char path[2048];
    const char *pattern = options.text[OPTION_LOG_PATH];
    if (!*pattern)
        return kept >= 0 ? kept : stderr_is_there() ? 2 : -1;
    struct text text = text_in(path, sizeof path);
    if (*pattern != '/') {
        text_add(&text, directory);
        text_add_char(&text, '/');
    }
    expand(&text, pattern, program);
    long fd =
        raw_syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (raw_failed(fd)) {
        if (stderr_is_there())
            say_with("cannot write to log_path", path);
        return -1;
    }
    return (int)fd;
}

void log_close(int out)
{
    if (out > 2)
        raw_syscall(SYS_close, out);
}
