#include "base/say.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"

#define SET_SIZE 8u /* bytes of the kernel's sigset_t */
#define PIPE_BIT (1ull << (SIGPIPE - 1))

/* A pipe that nobody reads is answered with SIGPIPE, which would be the program's end: it is held
   back, and taken away again unless one was waiting before. */
void say_write(int fd, const char *bytes, size_t size)
{
    uint64_t pipe = PIPE_BIT, mask, before = 0;
    const struct timespec at_once = {0};
    bool held = !raw_failed(raw_syscall(SYS_rt_sigprocmask, SIG_BLOCK, &pipe, &mask, SET_SIZE));
    raw_syscall(SYS_rt_sigpending, &before, SET_SIZE);
    long result = raw_syscall(SYS_write, fd, bytes, size);
    if (held && result == -EPIPE && !(before & PIPE_BIT))
        raw_syscall(SYS_rt_sigtimedwait, &pipe, NULL, &at_once, SET_SIZE);
    if (held)
        raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SET_SIZE);
}

void say_with(const char *message, const char *detail)
{
    char line[512];
    struct text text = text_in(line, sizeof line - 1);
    text_add(&text, "holdfast: ");
    text_add(&text, message);
    if (detail) {
        text_add(&text, ": ");
        text_add(&text, detail);
    }
    line[text.length] = '\n';
    say_write(2, line, text.length + 1);
}

void say(const char *message)
{
    say_with(message, 0);
}

void say_unobserved(uint32_t bit, const char *message)
{
    uint32_t before = 0;
    if (recording)
        before = __atomic_fetch_or(&recording->unobserved, bit, __ATOMIC_RELAXED);
    if (message && !(before & bit))
        say(message);
}
