/* Calls that use a descriptor and pass no data through it. */
#include <stdarg.h>

#include "interpose/access.h"

/* clang-format off */

/* ---- files */
off_t wrap_lseek(int fd, off_t at, int whence)
TELLS_BEFORE(real.lseek(fd, at, whence), USES(fd))
off64_t wrap_lseek64(int fd, off64_t at, int whence)
TELLS_BEFORE(real.lseek64(fd, at, whence), USES(fd))
off64_t wrap_llseek(int fd, off64_t at, int whence)
TELLS_BEFORE(real.llseek(fd, at, whence), USES(fd))
off_t wrap___lseek(int fd, off_t at, int whence)
TELLS_BEFORE(real.__lseek(fd, at, whence), USES(fd))
int wrap_fsync(int fd)
TELLS_BEFORE(real.fsync(fd), USES(fd))
int wrap_fdatasync(int fd)
TELLS_BEFORE(real.fdatasync(fd), USES(fd))
int wrap_syncfs(int fd)
TELLS_BEFORE(real.syncfs(fd), USES(fd))
int wrap_sync_file_range(int fd, off64_t at, off64_t size, unsigned flags)
TELLS_BEFORE(real.sync_file_range(fd, at, size, flags), USES(fd))
int wrap_fallocate(int fd, int mode, off_t at, off_t size)
TELLS_BEFORE(real.fallocate(fd, mode, at, size), USES(fd))
int wrap_fallocate64(int fd, int mode, off64_t at, off64_t size)
TELLS_BEFORE(real.fallocate64(fd, mode, at, size), USES(fd))
int wrap_posix_fallocate(int fd, off_t at, off_t size)
TELLS_BEFORE(real.posix_fallocate(fd, at, size), USES(fd))
int wrap_posix_fallocate64(int fd, off64_t at, off64_t size)
TELLS_BEFORE(real.posix_fallocate64(fd, at, size), USES(fd))
int wrap_posix_fadvise(int fd, off_t at, off_t size, int advice)
TELLS_BEFORE(real.posix_fadvise(fd, at, size, advice), USES(fd))
int wrap_posix_fadvise64(int fd, off64_t at, off64_t size, int advice)
TELLS_BEFORE(real.posix_fadvise64(fd, at, size, advice), USES(fd))
ssize_t wrap_readahead(int fd, off64_t at, size_t size)
TELLS_BEFORE(real.readahead(fd, at, size), USES(fd))
ssize_t wrap_getdents64(int fd, void *to, size_t size)
TELLS(USES(fd), real.getdents64(fd, to, size), MOVED(to))
ssize_t wrap_getdirentries(int fd, char *to, size_t size, off_t *at)
TELLS(USES(fd), real.getdirentries(fd, to, size, at), MOVED(to); WRITES(at, result >= 0 ? sizeof *at : 0))
ssize_t wrap_getdirentries64(int fd, char *to, size_t size, off64_t *at)
TELLS(USES(fd), real.getdirentries64(fd, to, size, at), MOVED(to); WRITES(at, result >= 0 ? sizeof *at : 0))

/* ---- sockets */
int wrap_getsockopt(int fd, int level, int name, void *to, socklen_t *size)
TELLS(USES(fd), real.getsockopt(fd, level, name, to, size),
      if (result == 0) access_copy_part(to, *size, size, sizeof *size, FRAME); RESULT(size))
int wrap_setsockopt(int fd, int level, int name, const void *from, socklen_t size)
TELLS(USES(fd), real.setsockopt(fd, level, name, from, size), READS(from, result == 0 ? size : 0))
int wrap_getsockname(int fd, __SOCKADDR_ARG to, socklen_t *size)
TELLS(USES(fd), real.getsockname(fd, to, size),
      if (result == 0) access_copy_part(to.__sockaddr__, *size, size, sizeof *size, FRAME); RESULT(size))
int wrap_getpeername(int fd, __SOCKADDR_ARG to, socklen_t *size)
TELLS(USES(fd), real.getpeername(fd, to, size),
      if (result == 0) access_copy_part(to.__sockaddr__, *size, size, sizeof *size, FRAME); RESULT(size))
int wrap_sockatmark(int fd)
TELLS_BEFORE(real.sockatmark(fd), USES(fd))
int wrap_isfdtype(int fd, int type)
TELLS_BEFORE(real.isfdtype(fd, type), USES(fd))

/* ---- terminals */
int wrap_isatty(int fd)
TELLS_BEFORE(real.isatty(fd), USES(fd))
int wrap_tcgetattr(int fd, struct termios *to)
TELLS(USES(fd), real.tcgetattr(fd, to), RESULT(to))
int wrap_tcsetattr(int fd, int when, const struct termios *from)
TELLS(USES(fd), real.tcsetattr(fd, when, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap_tcdrain(int fd)
TELLS_BEFORE(real.tcdrain(fd), USES(fd))
int wrap_tcflow(int fd, int action)
TELLS_BEFORE(real.tcflow(fd, action), USES(fd))
int wrap_tcflush(int fd, int queue)
TELLS_BEFORE(real.tcflush(fd, queue), USES(fd))
int wrap_tcsendbreak(int fd, int duration)
TELLS_BEFORE(real.tcsendbreak(fd, duration), USES(fd))
pid_t wrap_tcgetpgrp(int fd)
TELLS_BEFORE(real.tcgetpgrp(fd), USES(fd))
int wrap_tcsetpgrp(int fd, pid_t group)
TELLS_BEFORE(real.tcsetpgrp(fd, group), USES(fd))
pid_t wrap_tcgetsid(int fd)
TELLS_BEFORE(real.tcgetsid(fd), USES(fd))
int wrap_grantpt(int fd)
TELLS_BEFORE(real.grantpt(fd), USES(fd))
int wrap_unlockpt(int fd)
TELLS_BEFORE(real.unlockpt(fd), USES(fd))

/* ---- what is watched by them */
int wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
TELLS(USES(fd), real.inotify_add_watch(fd, path, mask), PATH(path))
int wrap_inotify_rm_watch(int fd, int watch)
TELLS_BEFORE(real.inotify_rm_watch(fd, watch), USES(fd))
int wrap_timerfd_gettime(int fd, struct itimerspec *to)
TELLS(USES(fd), real.timerfd_gettime(fd, to), RESULT(to))
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
    return real.ioctl(fd, request, argument);
}
