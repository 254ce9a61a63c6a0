/* Waiting for input, or for room to write, on descriptors. */
#include "interpose/passing.h"

ssize_t wrap_read(int fd, void *buffer, size_t size)
{
    TAKE(fd, real.read(fd, buffer, size), {
        BYTES(buffer, size);
        pass_signals(self, fd, buffer, (size_t)result);
    });
}

ssize_t wrap___read(int fd, void *buffer, size_t size)
{
    TAKE(fd, real.__read(fd, buffer, size), {
        BYTES(buffer, size);
        pass_signals(self, fd, buffer, (size_t)result);
    });
}

ssize_t wrap___read_chk(int fd, void *buffer, size_t size, size_t room)
{
    TAKE(fd, real.__read_chk(fd, buffer, size, room), BYTES(buffer, size));
}

ssize_t wrap_readv(int fd, const struct iovec *parts, int count)
{
    TAKE(fd, real.readv(fd, parts, count), PARTS(parts, count));
}

ssize_t wrap_pread(int fd, void *buffer, size_t size, off_t at)
{
    TAKE(fd, real.pread(fd, buffer, size, at), BYTES(buffer, size));
}

ssize_t wrap_pread64(int fd, void *buffer, size_t size, off64_t at)
{
    TAKE(fd, real.pread64(fd, buffer, size, at), BYTES(buffer, size));
}

ssize_t wrap___pread64(int fd, void *buffer, size_t size, off64_t at)
{
    TAKE(fd, real.__pread64(fd, buffer, size, at), BYTES(buffer, size));
}

ssize_t wrap___pread_chk(int fd, void *buffer, size_t size, off_t at, size_t room)
{
    TAKE(fd, real.__pread_chk(fd, buffer, size, at, room), BYTES(buffer, size));
}

ssize_t wrap___pread64_chk(int fd, void *buffer, size_t size, off64_t at, size_t room)
{
    TAKE(fd, real.__pread64_chk(fd, buffer, size, at, room), BYTES(buffer, size));
}

ssize_t wrap_preadv(int fd, const struct iovec *parts, int count, off_t at)
{
    TAKE(fd, real.preadv(fd, parts, count, at), PARTS(parts, count));
}

ssize_t wrap_preadv64(int fd, const struct iovec *parts, int count, off64_t at)
{
    TAKE(fd, real.preadv64(fd, parts, count, at), PARTS(parts, count));
}

ssize_t wrap_preadv2(int fd, const struct iovec *parts, int count, off_t at, int flags)
{
    TAKE(fd, real.preadv2(fd, parts, count, at, flags), PARTS(parts, count));
}

ssize_t wrap_preadv64v2(int fd, const struct iovec *parts, int count, off64_t at, int flags)
{
    TAKE(fd, real.preadv64v2(fd, parts, count, at, flags), PARTS(parts, count));
}

ssize_t wrap_write(int fd, const void *buffer, size_t size)
{
    GIVE(fd, real.write(fd, buffer, size), BYTES(buffer, size));
}

ssize_t wrap___write(int fd, const void *buffer, size_t size)
{
    GIVE(fd, real.__write(fd, buffer, size), BYTES(buffer, size));
}

ssize_t wrap_writev(int fd, const struct iovec *parts, int count)
{
    GIVE(fd, real.writev(fd, parts, count), PARTS(parts, count));
}

ssize_t wrap_pwrite(int fd, const void *buffer, size_t size, off_t at)
{
    GIVE(fd, real.pwrite(fd, buffer, size, at), BYTES(buffer, size));
}

ssize_t wrap_pwrite64(int fd, const void *buffer, size_t size, off64_t at)
{
    GIVE(fd, real.pwrite64(fd, buffer, size, at), BYTES(buffer, size));
}

ssize_t wrap___pwrite64(int fd, const void *buffer, size_t size, off64_t at)
{
    GIVE(fd, real.__pwrite64(fd, buffer, size, at), BYTES(buffer, size));
}

ssize_t wrap_pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    GIVE(fd, real.pwritev(fd, parts, count, at), PARTS(parts, count));
}

ssize_t wrap_pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
    GIVE(fd, real.pwritev64(fd, parts, count, at), PARTS(parts, count));
}

ssize_t wrap_pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags)
{
    GIVE(fd, real.pwritev2(fd, parts, count, at, flags), PARTS(parts, count));
}

ssize_t wrap_pwritev64v2(int fd, const struct iovec *parts, int count, off64_t at, int flags)
{
    GIVE(fd, real.pwritev64v2(fd, parts, count, at, flags), PARTS(parts, count));
}
