/* What duplicates and makes pairs by syscall(): each copy is one more to close, one that is closed
// by being written over is closed, and a range that was closed is.
// expect: fd-leak count=1 handle=device name=/dev/null function=by_dup role=opened
// expect: fd-leak count=1 handle=device name=/dev/null function=by_dup2 role=opened
// expect: fd-leak count=1 handle=device name=/dev/null function=by_dup3 role=opened
// expect: fd-leak count=1 handle=device name=/dev/null function=by_fcntl role=opened
// expect: fd-leak count=1 handle=device name=/dev/null function=by_fcntl_cloexec role=opened
// expect: fd-leak count=2 handle=pipe function=by_pipe role=opened
// expect: fd-leak count=2 handle=pipe function=by_pipe2 role=opened
// expect: fd-leak count=2 handle=socket function=by_socketpair role=opened
// expect: fd-leak count=1 handle=epoll function=by_epoll role=opened
// expect: fd-leak count=1 handle=signalfd function=by_signalfd role=opened
// expect: fd-leak count=1 handle=socket function=by_accept4 role=opened
// expect: use-after-close count=1 function=dup_closed role=here
// expect: double-close count=1 function=close_range_again role=here
// expect: double-close count=1 function=close_range_first role=closed
*/
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static long check(long result)
{
    if (result < 0)
        abort();
    return result;
}

#define CALL(name, ...)                                                                            \
    __attribute__((noinline)) static void name(int fd)                                             \
    {                                                                                              \
        static int fds[2];                                                                         \
        (void)fd, (void)fds;                                                                       \
        check(syscall(__VA_ARGS__));                                                               \
        __asm__ volatile("");                                                                      \
    }

static sigset_t none;
CALL(by_dup, SYS_dup, fd)
CALL(by_dup2, SYS_dup2, fd, 100)
CALL(over, SYS_dup2, fd, 101)
CALL(by_dup3, SYS_dup3, fd, 101, O_CLOEXEC)
CALL(by_fcntl, SYS_fcntl, fd, F_DUPFD, 50)
CALL(by_fcntl_cloexec, SYS_fcntl, fd, F_DUPFD_CLOEXEC, 60)
CALL(by_pipe, SYS_pipe, fds)
CALL(by_pipe2, SYS_pipe2, fds, O_CLOEXEC)
CALL(by_socketpair, SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds)
CALL(by_epoll, SYS_epoll_create1, 0)
CALL(by_signalfd, SYS_signalfd4, -1, &none, 8, 0)
CALL(by_accept4, SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC)
CALL(close_range_first, SYS_close_range, fd, fd, 0)

__attribute__((noinline)) static void close_range_again(int fd)
{
    if (close(fd) == 0)
        abort();
    __asm__ volatile("");
}

__attribute__((noinline)) static void dup_closed(int fd)
{
    if (syscall(SYS_dup, fd) != -1 || errno != EBADF)
        abort();
    __asm__ volatile("");
}

/* One that has no name in any folder, and one that is connected to it. */
static void accepting(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof address;
    int listener = (int)check(socket(AF_UNIX, SOCK_STREAM, 0));
    check(bind(listener, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path)));
    check(listen(listener, 1));
    check(getsockname(listener, (struct sockaddr *)&address, &size));
    int client = (int)check(socket(AF_UNIX, SOCK_STREAM, 0));
    check(connect(client, (struct sockaddr *)&address, size));
    by_accept4(listener);
    check(close(client) | close(listener));
}

int main(void)
{
    sigemptyset(&none);
    int fd = open("/dev/null", O_RDONLY);
    by_dup(fd);
    by_dup2(fd);
    over(fd);
    by_dup3(fd);
    by_fcntl(fd);
    by_fcntl_cloexec(fd);
    by_pipe(fd);
    by_pipe2(fd);
    by_socketpair(fd);
    by_epoll(fd);
    by_signalfd(fd);
    accepting();
    close_range_first(fd);
    close_range_again(fd);
    dup_closed(fd);
    return 0;
}
