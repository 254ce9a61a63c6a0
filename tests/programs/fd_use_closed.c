/* Calls that are given a descriptor after it was closed, each in a place of its own.
// expect: use-after-close severity=error function=by_read role=here text=read_returned_EBADF
// expect: use-after-close count=1 function=by_pread role=here text=pread_returned_EBADF
// expect: use-after-close count=1 function=by_readv role=here text=readv_returned_EBADF
// expect: use-after-close count=1 function=by_preadv role=here text=preadv_returned_EBADF
// expect: use-after-close count=1 function=by_write role=here text=write_returned_EBADF
// expect: use-after-close count=1 function=by_pwrite role=here text=pwrite_returned_EBADF
// expect: use-after-close count=1 function=by_writev role=here text=writev_returned_EBADF
// expect: use-after-close count=1 function=by_send role=here text=send_returned_EBADF
// expect: use-after-close count=1 function=by_sendto role=here text=sendto_returned_EBADF
// expect: use-after-close count=1 function=by_sendmsg role=here text=sendmsg_returned_EBADF
// expect: use-after-close count=1 function=by_recv role=here text=recv_returned_EBADF
// expect: use-after-close count=1 function=by_recvfrom role=here text=recvfrom_returned_EBADF
// expect: use-after-close count=1 function=by_recvmsg role=here text=recvmsg_returned_EBADF
// expect: use-after-close count=1 function=by_ioctl role=here text=ioctl_returned_EBADF
// expect: use-after-close count=1 function=by_fcntl role=here text=fcntl_returned_EBADF
// expect: use-after-close count=1 function=by_fcntl_lock role=here text=fcntl_returned_EBADF
// expect: use-after-close count=1 function=by_fstat role=here text=fstat_returned_EBADF
// expect: use-after-close count=1 function=by_fsync role=here text=fsync_returned_EBADF
// expect: use-after-close count=1 function=by_ftruncate role=here text=ftruncate_returned_EBADF
// expect: use-after-close count=1 function=by_lseek role=here text=lseek_returned_EBADF
// expect: use-after-close count=1 function=by_mmap role=here text=mmap_returned_EBADF
// expect: use-after-close count=1 function=by_sendfile role=here text=sendfile_returned_EBADF
// expect: use-after-close count=1 function=by_splice role=here text=splice_returned_EBADF
// expect: use-after-close count=1 function=by_copy_file_range role=here
// expect: use-after-close count=1 function=by_getsockopt role=here text=getsockopt_returned_EBADF
// expect: use-after-close count=1 function=by_setsockopt role=here text=setsockopt_returned_EBADF
// expect: use-after-close count=1 function=by_bind role=here text=bind_returned_EBADF
// expect: use-after-close count=1 function=by_listen role=here text=listen_returned_EBADF
// expect: use-after-close count=1 function=by_accept role=here text=accept_returned_EBADF
// expect: use-after-close count=1 function=by_connect role=here text=connect_returned_EBADF
// expect: use-after-close count=1 function=by_shutdown role=here text=shutdown_returned_EBADF
// expect: use-after-close count=1 function=by_getsockname role=here text=getsockname_returned_EBADF
// expect: use-after-close count=1 function=by_openat role=here text=openat_returned_EBADF
// expect: use-after-close count=1 function=by_fstatat role=here text=fstatat_returned_EBADF
// expect: use-after-close count=1 function=by_unlinkat role=here text=unlinkat_returned_EBADF
// expect: use-after-close count=1 function=by_fchmod role=here text=fchmod_returned_EBADF
// expect: use-after-close count=1 function=by_fchdir role=here text=fchdir_returned_EBADF
// expect: use-after-close count=1 function=by_linkat role=here text=linkat_returned_EBADF
// expect: use-after-close count=1 function=by_dup role=here text=dup_returned_EBADF
// expect: use-after-close count=1 function=by_dup2 role=here text=dup2_returned_EBADF
// expect: use-after-close count=1 function=by_epoll_ctl role=here
// expect: use-after-close count=1 function=by_epoll_wait role=here
// expect: use-after-close count=1 function=by_flock role=here text=flock_returned_EBADF
// expect: use-after-close count=1 function=by_lockf role=here text=lockf_returned_EBADF
// expect: use-after-close count=1 function=by_timerfd_settime role=here
// expect: use-after-close count=1 function=by_eventfd_write role=here
// expect: use-after-close count=1 function=by_inotify_add_watch role=here
// expect: use-after-close count=1 function=by_tcgetattr role=here text=tcgetattr_returned_EBADF
// expect: use-after-close count=1 function=by_poll role=here
// expect: use-after-close count=1 function=by_select role=here
// expect: use-after-close count=1 function=by_fdopen role=here
// expect: use-after-close count=1 function=by_posix_fallocate role=here
// expect: use-after-close count=100 function=in_a_loop role=here
// expect: use-after-close count=100 function=closer role=closed
// expect: use-after-close count=100 function=opener role=opened handle=file
*/
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

static int null, epoll, number;
static char buffer[1];
static struct iovec part = {buffer, 1};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
static struct stat status;
static struct sockaddr_in address = {.sin_family = AF_INET};
static socklen_t size = sizeof address;
static struct epoll_event event;
static struct itimerspec never;
static struct termios terminal;
static struct flock lock = {.l_type = F_RDLCK};

__attribute__((noinline)) static int opener(void)
{
    int fd = open("/dev/null", O_RDWR);
    if (fd < 0)
        abort();
    return fd;
}

__attribute__((noinline)) static void closer(int fd)
{
    if (close(fd) != 0)
        abort();
}

/* The call fails as it does unwatched. */
#define USE(name, call)                                                                            \
    __attribute__((noinline)) static void by_##name(int fd)                                        \
    {                                                                                              \
        errno = 0;                                                                                 \
        if ((call) != -1 || errno != EBADF) {                                                      \
            perror(#name);                                                                         \
            abort();                                                                               \
        }                                                                                          \
    }

USE(read, read(fd, buffer, 1))
USE(pread, pread(fd, buffer, 1, 0))
USE(readv, readv(fd, &part, 1))
USE(preadv, preadv(fd, &part, 1, 0))
USE(write, write(fd, buffer, 1))
USE(pwrite, pwrite(fd, buffer, 1, 0))
USE(writev, writev(fd, &part, 1))
USE(send, send(fd, buffer, 1, 0))
USE(sendto, sendto(fd, buffer, 1, 0, NULL, 0))
USE(sendmsg, sendmsg(fd, &message, 0))
USE(recv, recv(fd, buffer, 1, 0))
USE(recvfrom, recvfrom(fd, buffer, 1, 0, NULL, NULL))
USE(recvmsg, recvmsg(fd, &message, 0))
USE(ioctl, ioctl(fd, FIONREAD, &number))
USE(fcntl, fcntl(fd, F_SETFL, 0))
USE(fcntl_lock, fcntl(fd, F_SETLK, &lock))
USE(fstat, fstat(fd, &status))
USE(fsync, fsync(fd))
USE(ftruncate, ftruncate(fd, 0))
USE(lseek, lseek(fd, 0, SEEK_SET))
USE(mmap, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0)
USE(sendfile, sendfile(fd, null, NULL, 1))
USE(splice, splice(fd, NULL, null, NULL, 1, 0))
USE(copy_file_range, copy_file_range(null, NULL, fd, NULL, 1, 0))
USE(getsockopt, getsockopt(fd, SOL_SOCKET, SO_TYPE, &number, &size))
USE(setsockopt, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &number, sizeof number))
USE(bind, bind(fd, (struct sockaddr *)&address, sizeof address))
USE(listen, listen(fd, 1))
USE(accept, accept(fd, NULL, NULL))
USE(connect, connect(fd, (struct sockaddr *)&address, sizeof address))
USE(shutdown, shutdown(fd, SHUT_RDWR))
USE(getsockname, getsockname(fd, (struct sockaddr *)&address, &size))
USE(openat, openat(fd, "x", O_RDONLY))
USE(fstatat, fstatat(fd, "x", &status, 0))
USE(unlinkat, unlinkat(fd, "x", 0))
USE(fchmod, fchmod(fd, 0600))
USE(fchdir, fchdir(fd))
USE(linkat, linkat(AT_FDCWD, "/etc/passwd", fd, "y", 0))
USE(dup, dup(fd))
USE(dup2, dup2(fd, 77))
USE(epoll_ctl, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
USE(epoll_wait, epoll_wait(fd, &event, 1, 0))
USE(flock, flock(fd, LOCK_SH))
USE(lockf, lockf(fd, F_TEST, 0))
USE(timerfd_settime, timerfd_settime(fd, 0, &never, NULL))
USE(eventfd_write, eventfd_write(fd, 1))
USE(inotify_add_watch, inotify_add_watch(fd, "/", IN_MODIFY))
USE(tcgetattr, tcgetattr(fd, &terminal))

__attribute__((noinline)) static void by_poll(int fd)
{
    struct pollfd fds[3] = {{null, POLLIN, 0}, {-1, 0, 0}, {fd, POLLIN, 0}};
    if (poll(fds, 3, -1) < 1 || !(fds[2].revents & POLLNVAL))
        abort();
}

__attribute__((noinline)) static void by_select(int fd)
{
    fd_set in;
    FD_ZERO(&in);
    FD_SET(null, &in);
    FD_SET(fd, &in);
    errno = 0;
    if (select(fd + 1, &in, NULL, NULL, NULL) != -1 || errno != EBADF)
        abort();
}

__attribute__((noinline)) static void by_fdopen(int fd)
{
    if (fdopen(fd, "r") || errno != EBADF)
        abort();
}

__attribute__((noinline)) static void by_posix_fallocate(int fd)
{
    errno = 0;
    if (posix_fallocate(fd, 0, 1) != EBADF || errno != 0)
        abort();
}

__attribute__((noinline)) static void in_a_loop(int fd)
{
    for (int i = 0; i < 100; i++)
        if (write(fd, buffer, 1) != -1)
            abort();
}

int main(void)
{
    static void (*const uses[])(int) = {
        by_read,
        by_pread,
        by_readv,
        by_preadv,
        by_write,
        by_pwrite,
        by_writev,
        by_send,
        by_sendto,
        by_sendmsg,
        by_recv,
        by_recvfrom,
        by_recvmsg,
        by_ioctl,
        by_fcntl,
        by_fcntl_lock,
        by_fstat,
        by_fsync,
        by_ftruncate,
        by_lseek,
        by_mmap,
        by_sendfile,
        by_splice,
        by_copy_file_range,
        by_getsockopt,
        by_setsockopt,
        by_bind,
        by_listen,
        by_accept,
        by_connect,
        by_shutdown,
        by_getsockname,
        by_openat,
        by_fstatat,
        by_unlinkat,
        by_fchmod,
        by_fchdir,
        by_linkat,
        by_dup,
        by_dup2,
        by_epoll_ctl,
        by_epoll_wait,
        by_flock,
        by_lockf,
        by_timerfd_settime,
        by_eventfd_write,
        by_inotify_add_watch,
        by_tcgetattr,
        by_poll,
        by_select,
        by_fdopen,
        by_posix_fallocate,
        in_a_loop,
    };
    null = opener();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    /* To ask whether a number is open, or to use none, is no use. */
    int gone = opener();
    closer(gone);
    if (fcntl(gone, F_GETFD) != -1 || fcntl(gone, F_GETFL) != -1 || write(-1, buffer, 1) != -1 ||
        write(900, buffer, 1) != -1)
        abort();
    for (unsigned i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        int fd = opener();
        closer(fd);
        uses[i](fd);
    }
    close(epoll);
    close(null);
    return 0;
}
