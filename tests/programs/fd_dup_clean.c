/* Duplicates, all closed: over open numbers, over themselves, over standard output and back, and
// calls that fail and leave everything as it was.
// expect: none
*/
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d\n", __LINE__);                                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

int main(void)
{
    int fd = open("/dev/null", O_RDWR), other = open("/dev/zero", O_RDONLY);
    CHECK(fd >= 0 && other >= 0);
    CHECK(dup2(fd, fd) == fd);
    CHECK(dup3(fd, fd, 0) == -1 && errno == EINVAL);
    CHECK(dup2(fd, other) == other);
    CHECK(dup2(900, other) == -1 && errno == EBADF); /* other stays open */
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    CHECK(copy >= 10 && (fcntl(copy, F_GETFD) & FD_CLOEXEC));
    CHECK(fcntl(copy, F_SETFD, 0) == 0 && fcntl(copy, F_GETFD) == 0);
    int saved = fcntl(1, F_DUPFD, 10); /* as shells redirect */
    CHECK(saved > 1 && dup2(fd, 1) == 1);
    CHECK(dup2(saved, 1) == 1 && close(saved) == 0);
    CHECK(close(copy) == 0 && close(other) == 0 && close(fd) == 0);
    FILE *stream = fopen("/dev/null", "r");
    fd = open("/dev/zero", O_RDONLY);
    CHECK(stream && dup2(fd, fileno(stream)) == fileno(stream)); /* the stream owns what is there */
    CHECK(close(fd) == 0 && fclose(stream) == 0);
    return 0;
}
