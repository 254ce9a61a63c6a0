/* Calls that use a descriptor and pass no data through it. */
#include <stdarg.h>
#include <sys/ioctl.h>

#include "interpose/access.h"
#include "interpose/handles.h"
#include "state/waitless.h"

/* clang-format off */

/* ---- files */
off_t wrap_lseek(int fd, off_t at, int whence)
USING(fd, real.lseek(fd, at, whence), (void)0)
off64_t wrap_lseek64(int fd, off64_t at, int whence)
USING(fd, real.lseek64(fd, at, whence), (void)0)
off64_t wrap_llseek(int fd, off64_t at, int whence)
USING(fd, real.llseek(fd, at, whence), (void)0)
off_t wrap___lseek(int fd, off_t at, int whence)
USING(fd, real.__lseek(fd, at, whence), (void)0)
int wrap_fsync(int fd)
USING(fd, real.fsync(fd), (void)0)
int wrap_fdatasync(int fd)
USING(fd, real.fdatasync(fd), (void)0)
int wrap_syncfs(int fd)
USING(fd, real.syncfs(fd), (void)0)
int wrap_sync_file_range(int fd, off64_t at, off64_t size, unsigned flags)
USING(fd, real.sync_file_range(fd, at, size, flags), (void)0)
int wrap_fallocate(int fd, int mode, off_t at, off_t size)
USING(fd, real.fallocate(fd, mode, at, size), (void)0)
int wrap_fallocate64(int fd, int mode, off64_t at, off64_t size)
USING(fd, real.fallocate64(fd, mode, at, size), (void)0)
int wrap_posix_fallocate(int fd, off_t at, off_t size)
USING_RETURNED(fd, real.posix_fallocate(fd, at, size))
int wrap_posix_fallocate64(int fd, off64_t at, off64_t size)
USING_RETURNED(fd, real.posix_fallocate64(fd, at, size))
int wrap_posix_fadvise(int fd, off_t at, off_t size, int advice)
USING_RETURNED(fd, real.posix_fadvise(fd, at, size, advice))
int wrap_posix_fadvise64(int fd, off64_t at, off64_t size, int advice)
USING_RETURNED(fd, real.posix_fadvise64(fd, at, size, advice))
ssize_t wrap_readahead(int fd, off64_t at, size_t size)
USING(fd, real.readahead(fd, at, size), (void)0)
ssize_t wrap_getdents64(int fd, void *to, size_t size)
USING(fd, real.getdents64(fd, to, size), MOVED(to))
ssize_t wrap_getdirentries(int fd, char *to, size_t size, off_t *at)
USING(fd, real.getdirentries(fd, to, size, at), MOVED(to); WRITES(at, result >= 0 ? sizeof *at : 0))
ssize_t wrap_getdirentries64(int fd, char *to, size_t size, off64_t *at)
USING(fd, real.getdirentries64(fd, to, size, at), MOVED(to); WRITES(at, result >= 0 ? sizeof *at : 0))

/* ---- sockets */
int wrap_getsockopt(int fd, int level, int name, void *to, socklen_t *size)
ASKS(fd, real.getsockopt(fd, level, name, to, size),
      if (result == 0) access_copy_part(to, *size, size, sizeof *size, FRAME); RESULT(size))
int wrap_setsockopt(int fd, int level, int name, const void *from, socklen_t size)
USING(fd, real.setsockopt(fd, level, name, from, size), READS(from, result == 0 ? size : 0))
int wrap_getsockname(int fd, __SOCKADDR_ARG to, socklen_t *size)
ASKS(fd, real.getsockname(fd, to, size),
      if (result == 0) access_copy_part(to.__sockaddr__, *size, size, sizeof *size, FRAME); RESULT(size))
int wrap_getpeername(int fd, __SOCKADDR_ARG to, socklen_t *size)
ASKS(fd, real.getpeername(fd, to, size),
      if (result == 0) access_copy_part(to.__sockaddr__, *size, size, sizeof *size, FRAME); RESULT(size))
int wrap_sockatmark(int fd)
USING(fd, real.sockatmark(fd), (void)0)
int wrap_isfdtype(int fd, int type)
ASKS(fd, real.isfdtype(fd, type), (void)0)

/* ---- terminals */
int wrap_isatty(int fd)
TELLS_USED(USES(fd), real.isatty(fd), USED_WHEN(result == 0, fd, true), (void)0)
int wrap_tcgetattr(int fd, struct termios *to)
ASKS(fd, real.tcgetattr(fd, to), RESULT(to))
int wrap_tcsetattr(int fd, int when, const struct termios *from)
USING(fd, real.tcsetattr(fd, when, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap_tcdrain(int fd)
USING(fd, real.tcdrain(fd), (void)0)
int wrap_tcflow(int fd, int action)
USING(fd, real.tcflow(fd, action), (void)0)
int wrap_tcflush(int fd, int queue)
USING(fd, real.tcflush(fd, queue), (void)0)
int wrap_tcsendbreak(int fd, int duration)
USING(fd, real.tcsendbreak(fd, duration), (void)0)
pid_t wrap_tcgetpgrp(int fd)
ASKS(fd, real.tcgetpgrp(fd), (void)0)
int wrap_tcsetpgrp(int fd, pid_t group)
USING(fd, real.tcsetpgrp(fd, group), (void)0)
pid_t wrap_tcgetsid(int fd)
USING(fd, real.tcgetsid(fd), (void)0)
int wrap_grantpt(int fd)
USING(fd, real.grantpt(fd), (void)0)
int wrap_unlockpt(int fd)
USING(fd, real.unlockpt(fd), (void)0)

/* ---- what is watched by them */
int wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
USING(fd, real.inotify_add_watch(fd, path, mask), PATH(path))
int wrap_inotify_rm_watch(int fd, int watch)
USING(fd, real.inotify_rm_watch(fd, watch), (void)0)
int wrap_timerfd_gettime(int fd, struct itimerspec *to)
USING(fd, real.timerfd_gettime(fd, to), RESULT(to))
    /* clang-format on */

    /* libc itself takes the argument as a pointer whatever the request: a register is a register.
       What lies there is known to the driver alone. */
    int wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (access_watched())
        USES(fd);
    int result = real.ioctl(fd, request, argument);
    USED(fd);
    if (request == FIONBIO)
        waitless_changed(fd);
    return request_opened(request, argument, result, FRAME);
}
