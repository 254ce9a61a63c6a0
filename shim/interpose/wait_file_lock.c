/* Waiting for file locks (fcntl's are with the descriptors). */
#include "interpose/blocking.h"

int wrap_flock(int fd, int operation)
{
    if (operation & (LOCK_NB | LOCK_UN))
        return real.flock(fd, operation);
    BLOCKING(WAIT_FILE_LOCK, fd, WAIT_FOREVER, real.flock(fd, operation), result == 0);
}

int wrap_lockf(int fd, int command, off_t size)
{
    if (command != F_LOCK)
        return real.lockf(fd, command, size);
    BLOCKING(WAIT_FILE_LOCK, fd, WAIT_FOREVER, real.lockf(fd, command, size), result == 0);
}

int wrap_lockf64(int fd, int command, off64_t size)
{
    if (command != F_LOCK)
        return real.lockf64(fd, command, size);
    BLOCKING(WAIT_FILE_LOCK, fd, WAIT_FOREVER, real.lockf64(fd, command, size), result == 0);
}
