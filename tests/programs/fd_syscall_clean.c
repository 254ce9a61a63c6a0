/* Descriptors opened, copied and closed by syscall() and by libc's functions in turn: results and
// errors are the kernel's, and all is closed.
// expect: none
*/
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int check(long result)
{
    if (result < 0)
        abort();
    return (int)result;
}

static void fails(long result, int error)
{
    if (result != -1 || errno != error)
        abort();
}

static void give_back(int fd, int by_call)
{
    check(by_call ? syscall(SYS_close, fd) : close(fd));
}

int main(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (volatile int i = 0; i < 4; i++) {
        int fds[2], turn = i & 1;
        int fd = check(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY));
        give_back(check(turn ? dup(fd) : syscall(SYS_dup, fd)), turn);
        if (check(syscall(SYS_dup2, fd, fd)) != fd || check(syscall(SYS_dup2, fd, 77)) != 77 ||
            check(syscall(SYS_dup3, fd, 77, O_CLOEXEC)) != 77)
            abort();
        give_back(77, !turn);
        fails(syscall(SYS_dup3, fd, fd, 0), EINVAL);
        fails(syscall(SYS_dup2, fd, -1), EBADF);
        fails(syscall(SYS_fcntl, 1000, F_GETFD), EBADF); /* asked whether it is open */
        int copy = check(syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 40));
        if (copy < 40 || check(syscall(SYS_fcntl, copy, F_GETFD)) != FD_CLOEXEC)
            abort();
        give_back(copy, turn);
        check(syscall(SYS_pipe2, fds, O_CLOEXEC));
        give_back(fds[0], turn), give_back(fds[1], !turn);
        check(turn ? pipe(fds) : (int)syscall(SYS_pipe, fds));
        give_back(fds[0], turn), give_back(fds[1], !turn);
        check(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds));
        give_back(fds[0], turn), give_back(fds[1], !turn);
        int signals = check(syscall(SYS_signalfd4, -1, &none, 8, O_CLOEXEC));
        if (check(syscall(SYS_signalfd4, signals, &none, 8, 0)) != signals)
            abort();
        give_back(signals, turn);
        give_back(check(syscall(SYS_epoll_create1, EPOLL_CLOEXEC)), !turn);
        give_back(check(syscall(SYS_eventfd2, 0, 0)), turn);
        give_back(check(syscall(SYS_memfd_create, "x", 0)), !turn);
        for (int j = 200; j < 210; j++)
            check(syscall(SYS_dup2, fd, j));
        check(syscall(SYS_close_range, 200, 209, 0));
        fails(syscall(SYS_pipe2, fds, 1), EINVAL);
        fails(syscall(SYS_openat, AT_FDCWD, "/nonexistent", O_RDONLY), ENOENT);
        give_back(fd, turn);
    }
    return 0;
}
