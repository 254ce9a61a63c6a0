/* The rarer kinds of descriptors, each left behind: what it is, and who opened it.
// build: -lutil
// expect: fd-leak count=1 handle=timerfd function=by_timerfd role=opened
// expect: fd-leak count=1 handle=signalfd function=by_signalfd role=opened
// expect: fd-leak count=1 handle=inotify function=by_inotify_init role=opened
// expect: fd-leak count=1 handle=inotify function=by_inotify_init1 role=opened
// expect: fd-leak count=1 handle=memfd text=/memfd:scratch function=by_memfd role=opened
// expect: fd-leak count=1 handle=pidfd text=of_process function=by_pidfd role=opened
// expect: fd-leak count=1 handle=file text=.tail function=by_mkstemps role=opened
// expect: fd-leak count=1 handle=file function=by_mkstemp role=opened
// expect: fd-leak count=1 handle=file function=by_mkstemp64 role=opened
// expect: fd-leak count=1 handle=file function=by_mkostemp role=opened
// expect: fd-leak count=1 handle=file function=by_mkostemp64 role=opened
// expect: fd-leak count=1 handle=file function=by_mkostemps role=opened
// expect: fd-leak count=1 handle=file function=by_mkostemps64 role=opened
// expect: fd-leak count=1 handle=file function=by_mkstemps64 role=opened
// expect: fd-leak count=1 handle=file text=/dev/shm/ function=by_shm_open role=opened
// expect: fd-leak count=1 handle=terminal function=by_posix_openpt role=opened
// expect: fd-leak count=1 handle=terminal function=by_getpt role=opened
// expect: fd-leak count=2 handle=terminal function=by_openpty role=opened
// expect: fd-leak count=1 handle=terminal function=by_forkpty role=opened
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(int result)
{
    if (result < 0) {
        perror("call");
        abort();
    }
}

#define LEAVE(name, call)                                                                          \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        static int fds[2];                                                                         \
        (void)fds;                                                                                 \
        check(call);                                                                               \
    }

int pidfd_open(pid_t pid, unsigned flags);

static sigset_t none;
LEAVE(by_timerfd, timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC))
LEAVE(by_signalfd, signalfd(-1, &none, 0))
LEAVE(by_inotify_init, inotify_init())
LEAVE(by_inotify_init1, inotify_init1(IN_CLOEXEC))
LEAVE(by_memfd, memfd_create("scratch", MFD_CLOEXEC))
LEAVE(by_pidfd, pidfd_open(getpid(), 0))
LEAVE(by_posix_openpt, posix_openpt(O_RDWR | O_NOCTTY))
LEAVE(by_getpt, getpt())
LEAVE(by_openpty, openpty(&fds[0], &fds[1], NULL, NULL, NULL))

/* Names that libc makes: the file goes at once. */
#define TEMPORARY(name, text, call)                                                                \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        char template[] = text;                                                                    \
        check(call);                                                                               \
        check(unlink(template));                                                                   \
    }

TEMPORARY(by_mkstemp, "xXXXXXX", mkstemp(template))
TEMPORARY(by_mkstemp64, "xXXXXXX", mkstemp64(template))
TEMPORARY(by_mkostemp, "xXXXXXX", mkostemp(template, O_CLOEXEC))
TEMPORARY(by_mkostemp64, "xXXXXXX", mkostemp64(template, 0))
TEMPORARY(by_mkstemps, "xXXXXXX.tail", mkstemps(template, 5))
TEMPORARY(by_mkstemps64, "xXXXXXX.tail", mkstemps64(template, 5))
TEMPORARY(by_mkostemps, "xXXXXXX.tail", mkostemps(template, 5, 0))
TEMPORARY(by_mkostemps64, "xXXXXXX.tail", mkostemps64(template, 5, 0))

__attribute__((noinline)) static void by_shm_open(void)
{
    char name[64];
    snprintf(name, sizeof name, "/holdfast-test-%d", (int)getpid());
    check(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    check(shm_unlink(name));
}

__attribute__((noinline)) static void by_forkpty(void)
{
    int master;
    pid_t child = forkpty(&master, NULL, NULL, NULL);
    check(child);
    if (child == 0)
        _exit(isatty(0) && isatty(1) ? 0 : 1);
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        abort();
}

int main(void)
{
    sigemptyset(&none);
    by_timerfd();
    by_signalfd();
    by_inotify_init();
    by_inotify_init1();
    by_memfd();
    by_pidfd();
    by_mkstemp();
    by_mkstemp64();
    by_mkostemp();
    by_mkostemp64();
    by_mkstemps();
    by_mkstemps64();
    by_mkostemps();
    by_mkostemps64();
    by_shm_open();
    by_posix_openpt();
    by_getpt();
    by_openpty();
    by_forkpty();
    return 0;
}
