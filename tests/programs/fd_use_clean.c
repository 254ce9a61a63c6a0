/* What fails with EBADF and is no use of a closed descriptor: questions, the wrong direction,
sweeps over all numbers, numbers that are open again.
// expect: none
*/
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int fine)
{
    if (!fine)
        abort();
}

static void fails(long result)
{
    check(result == -1 && errno == EBADF);
}

/* Numbers 3 to 12 were open and are closed. */
static void open_and_close_some(void)
{
    int fds[10];
    for (int i = 0; i < 10; i++)
        fds[i] = open("/dev/null", O_RDONLY);
    for (int i = 0; i < 10; i++)
        check(close(fds[i]) == 0);
}

__attribute__((noinline)) static void sweep_flags(void)
{
    for (int fd = 3; fd < 200; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

__attribute__((noinline)) static void sweep_until_none(void)
{
    for (int fd = 3;; fd++)
        if (ioctl(fd, FIOCLEX) != 0 && fd > 15)
            break;
}

__attribute__((noinline)) static void sweep_down(void)
{
    struct stat status;
    for (int fd = 40; fd >= 3; fd--)
        fstat(fd, &status);
}

int main(void)
{
    char byte = 0;
    struct stat status;
    open_and_close_some();
    sweep_flags();
    sweep_until_none();
    sweep_down();
    fails(fcntl(5, F_GETFD));
    fails(fcntl(6, F_GETFL));
    fails(write(-1, &byte, 1));
    fails(fstat(500, &status));

    int fd = open("/dev/null", O_RDONLY);
    fails(write(fd, &byte, 1));
    int first = fd;
    check(close(fd) == 0);
    fd = open("/dev/null", O_WRONLY);
    check(fd == first);
    fails(read(fd, &byte, 1));
    check(write(fd, &byte, 1) == 1);
    struct pollfd fds[] = {{-1, POLLIN, 0}, {fd, POLLOUT, 0}, {-fd, POLLIN, 0}};
    check(poll(fds, 3, -1) == 1);
    check(close(fd) == 0);
    check(openat(fd, "/dev/null", O_RDONLY) == fd); /* an absolute path needs no folder */
    check(close(fd) == 0);

    /* A daemon gives its standard descriptors up; who asks for them is no user. */
    close(0);
    check(!isatty(0));
    fails(fstat(0, &status));
    return 0;
}
