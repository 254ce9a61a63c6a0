/* Descriptors opened and closed by syscall(): leaks with their kinds, a double close, a use after
it; errno and results are syscall's own.
// expect: fd-leak count=1 handle=file function=by_openat role=opened name=/etc/passwd
// expect: fd-leak count=1 handle=eventfd function=by_eventfd role=opened
// expect: fd-leak count=1 handle=memfd function=by_memfd role=opened
// expect: fd-leak count=1 handle=socket function=by_socket role=opened
// expect: double-close count=1 function=close_again role=here
// expect: double-close count=1 function=close_first role=closed
// expect: use-after-close count=1 function=use role=here
*/
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static long check(long result)
{
    if (result < 0)
        abort();
    return result;
}

#define LEAVE(name, ...)                                                                           \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        check(syscall(__VA_ARGS__));                                                               \
    }

LEAVE(by_openat, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)
LEAVE(by_eventfd, SYS_eventfd2, 0, EFD_CLOEXEC)
LEAVE(by_memfd, SYS_memfd_create, "x", 0)
LEAVE(by_socket, SYS_socket, AF_UNIX, SOCK_STREAM, 0)

__attribute__((noinline)) static void close_first(int fd)
{
    check(syscall(SYS_close, fd));
}

__attribute__((noinline)) static void use(int fd)
{
    if (read(fd, &fd, 0) != -1 || errno != EBADF)
        abort();
}

__attribute__((noinline)) static void close_again(int fd)
{
    errno = 0;
    if (syscall(SYS_close, fd) != -1 || errno != EBADF)
        abort();
}

int main(void)
{
    by_openat();
    by_eventfd();
    by_memfd();
    by_socket();
    int fd = (int)check(syscall(SYS_open, "/dev/null", O_RDONLY | O_CLOEXEC));
    close_first(fd);
    use(fd);
    close_again(fd);
    errno = 0;
    if (syscall(SYS_open, "/nonexistent", O_RDONLY) != -1 || errno != ENOENT)
        abort();
    if (syscall(SYS_getpid) != getpid() || syscall(100000) != -1 || errno != ENOSYS)
        abort();
    return 0;
}
