/* A number that is closed, opened again (also where we do not see it) and closed again is fine.
// expect: none
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    if (open("/dev/zero", O_RDONLY) != fd)
        abort();
    close(fd);
    if (memfd_create("unseen", 0) != fd)
        abort();
    close(fd);
    if (timerfd_create(CLOCK_MONOTONIC, 0) != fd)
        abort();
    return close(fd);
}
