/* The open family with its edges, everything closed; what fails opens nothing.
// expect: none
*/
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
int __open(const char *, int, ...);
int __close(int);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d\n", __LINE__);                                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static char path[] = "/tmp/holdfast-fd-clean-XXXXXX";

/* The mode, which is a variadic argument, must arrive. */
static void check_modes(void)
{
    struct stat stat;
    umask(0);
    unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0640);
    CHECK(fd >= 0 && fstat(fd, &stat) == 0 && (stat.st_mode & 07777) == 0640);
    CHECK(close(fd) == 0);
    unlink(path);
    fd = openat64(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL, 0604);
    CHECK(fd >= 0 && fstat(fd, &stat) == 0 && (stat.st_mode & 07777) == 0604);
    CHECK(__close(fd) == 0);
    fd = open("/tmp", O_TMPFILE | O_RDWR, 0601);
    if (fd >= 0) { /* not every file system has it */
        CHECK(fstat(fd, &stat) == 0 && (stat.st_mode & 07777) == 0601);
        CHECK(close(fd) == 0);
    }
}

int main(void)
{
    int first = mkstemp(path);
    CHECK(first >= 0 && close(first) == 0);
    check_modes();
    int fds[] = {
        open(path, O_RDWR),
        open64(path, O_RDWR | O_CLOEXEC),
        openat(AT_FDCWD, path, O_RDONLY),
        openat64(AT_FDCWD, path, O_RDONLY),
        creat(path, 0600),
        creat64(path, 0600),
        __open_2(path, O_RDONLY),
        __open64_2(path, O_RDONLY),
        __openat_2(AT_FDCWD, path, O_RDONLY),
        __openat64_2(AT_FDCWD, path, O_RDONLY),
        __open(path, O_RDONLY),
    };
    for (unsigned i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        CHECK(fds[i] == first + (int)i); /* we hold no descriptor of our own in between */
        CHECK(close(fds[i]) == 0);
    }
    errno = 0;
    CHECK(open("/nonexistent/file", O_RDONLY) == -1 && errno == ENOENT);
    CHECK(openat(999, "file", O_RDONLY) == -1 && errno == EBADF);
    unlink(path);
    return 0;
}
