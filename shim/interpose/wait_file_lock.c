/*
 * File locks. One that two threads of a process can contend for belongs to an open file description
 * (flock, fcntl's F_OFD_…) and orders them; lockf's and F_SETLK's belong to the whole process and
 * keep no thread of it out (fcntl's are with the descriptors).
 */
#include "interpose/passing.h"

int wrap_flock(int fd, int operation)
{
    bool blocks = !(operation & (LOCK_NB | LOCK_UN)), gives = operation & LOCK_UN;
    PASS(
        blocks ? WAIT_FILE_LOCK : 0, fd, WAIT_FOREVER, real.flock(fd, operation), result == 0,
        USED(fd),
        {
            pass_uses(self, fd, FRAME);
            if (gives)
                carrier_gives_inode(self, fd);
        },
        if (!gives && result == 0) carrier_takes_inode(self, fd));
}

int wrap_lockf(int fd, int command, off_t size)
{
    if (access_watched())
        USES(fd);
    if (command != F_LOCK) {
        int result = real.lockf(fd, command, size);
        USED(fd);
        return result;
    }
    BLOCKING(WAIT_FILE_LOCK, fd, WAIT_FOREVER, real.lockf(fd, command, size), result == 0);
}

int wrap_lockf64(int fd, int command, off64_t size)
{
    if (access_watched())
        USES(fd);
    if (command != F_LOCK) {
        int result = real.lockf64(fd, command, size);
        USED(fd);
        return result;
    }
    BLOCKING(WAIT_FILE_LOCK, fd, WAIT_FOREVER, real.lockf64(fd, command, size), result == 0);
}
