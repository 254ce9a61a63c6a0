/* Duplicates that are left behind; what they were made of is closed.
// expect: fd-leak count=1 function=by_dup role=opened
// expect: fd-leak count=1 function=by_dup2 role=opened
// expect: fd-leak count=1 function=by_dup3 role=opened
// expect: fd-leak count=1 function=by_fcntl role=opened
// expect: fd-leak count=1 function=by_fcntl_cloexec role=opened
// expect: fd-leak count=1 function=by_fcntl64 role=opened
// expect: fd-leak count=1 function=over_open role=opened
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int fd, target;

static int check(int result)
{
    if (result < 0)
        abort();
    return result;
}

#define LEAVE(name, call)                                                                          \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        check(call);                                                                               \
    }

LEAVE(by_dup, dup(fd))
LEAVE(by_dup2, dup2(fd, 100))
LEAVE(by_dup3, dup3(fd, 101, O_CLOEXEC))
LEAVE(by_fcntl, fcntl(fd, F_DUPFD, 50))
LEAVE(by_fcntl_cloexec, fcntl(fd, F_DUPFD_CLOEXEC, 50))
LEAVE(by_fcntl64, fcntl64(fd, F_DUPFD, 50))
LEAVE(over_open, dup2(fd, target))

int main(void)
{
    fd = check(open("/dev/null", O_RDONLY));
    target = check(open("/dev/zero", O_RDONLY));
    by_dup();
    by_dup2();
    by_dup3();
    by_fcntl();
    by_fcntl_cloexec();
    by_fcntl64();
    over_open();
    check(close(fd));
    return 0;
}
