/* Each call of the open family leaves a descriptor behind, each in its own function.
// expect: fd-leak count=1 function=by_open role=opened
// expect: fd-leak count=1 function=by_open64 role=opened
// expect: fd-leak count=1 function=by_openat role=opened
// expect: fd-leak count=1 function=by_openat64 role=opened
// expect: fd-leak count=1 function=by_creat role=opened
// expect: fd-leak count=1 function=by_creat64 role=opened
// expect: fd-leak count=1 function=by_open_2 role=opened
// expect: fd-leak count=1 function=by_open64_2 role=opened
// expect: fd-leak count=1 function=by_openat_2 role=opened
// expect: fd-leak count=1 function=by_openat64_2 role=opened
// expect: fd-leak count=1 function=by_alias role=opened
// expect: fd-leak count=1 handle=directory text=directory_/ function=of_folder role=opened
// expect: fd-leak count=1 handle=device text=/dev/null function=of_device role=opened
*/
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
int __open(const char *, int, ...);

static char path[] = "/tmp/holdfast-fd-leak-XXXXXX";

/* errno must come through a successful call unchanged. */
static void check(int fd)
{
    if (fd < 0 || errno != 77)
        abort();
}

#define LEAVE(name, call)                                                                          \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        check(call);                                                                               \
    }

LEAVE(by_open, open(path, O_RDWR | O_CREAT, 0600))
LEAVE(by_open64, open64(path, O_RDWR | O_CREAT, 0600))
LEAVE(by_openat, openat(AT_FDCWD, path, O_RDWR | O_CREAT, 0600))
LEAVE(by_openat64, openat64(AT_FDCWD, path, O_RDWR | O_CREAT, 0600))
LEAVE(by_creat, creat(path, 0600))
LEAVE(by_creat64, creat64(path, 0600))
LEAVE(by_open_2, __open_2(path, O_RDONLY))
LEAVE(by_open64_2, __open64_2(path, O_RDONLY))
LEAVE(by_openat_2, __openat_2(AT_FDCWD, path, O_RDONLY))
LEAVE(by_openat64_2, __openat64_2(AT_FDCWD, path, O_RDONLY))
LEAVE(by_alias, __open(path, O_RDONLY))
LEAVE(of_folder, open("/", O_RDONLY | O_DIRECTORY))
LEAVE(of_device, open("/dev/null", O_RDONLY))

int main(void)
{
    close(mkstemp(path));
    errno = 77;
    by_open();
    by_open64();
    by_openat();
    by_openat64();
    by_creat();
    by_creat64();
    by_open_2();
    by_open64_2();
    by_openat_2();
    by_openat64_2();
    by_alias();
    of_folder();
    of_device();
    unlink(path);
    return 0;
}
