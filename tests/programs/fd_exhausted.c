/* No descriptor is left: the first call that fails is told with who had opened most, the others
count. The calls still fail as they do unwatched.
// expect: fd-exhausted severity=error function=first_to_fail role=here text=open_returned_EMFILE
// expect: fd-exhausted count=13 function=leaky role=opened text=limit_of_the_process_is_64
// expect: fd-exhausted count=13 function=second role=opened
// expect: fd-leak count=40 function=leaky role=opened
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int kept[64], count;

static void fails(int result)
{
    if (result != -1 || errno != EMFILE) {
        perror("should have failed");
        abort();
    }
}

__attribute__((noinline)) static void leaky(void)
{
    if (open("/dev/null", O_RDONLY) < 0)
        abort();
}

__attribute__((noinline)) static void second(void)
{
    for (int i = 0; i < 21; i++)
        if ((kept[count++] = fcntl(0, F_DUPFD_CLOEXEC, 3)) < 0)
            abort();
}

__attribute__((noinline)) static void first_to_fail(void)
{
    fails(open("/dev/null", O_RDONLY));
}

int main(void)
{
    int fds[2], null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    close(null);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64});
    for (volatile int i = 0; i < 40; i++)
        leaky();
    second();
    for (volatile int i = 0; i < 2; i++)
        first_to_fail();
    fails(dup(0));
    fails(fcntl(0, F_DUPFD, 3));
    fails(pipe(fds));
    fails(pipe2(fds, O_CLOEXEC));
    fails(socket(AF_UNIX, SOCK_STREAM, 0));
    fails(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    fails(eventfd(0, 0));
    fails(epoll_create1(0));
    fails(memfd_create("x", 0));
    errno = 0;
    fails(fopen("/dev/null", "r") ? 0 : -1);
    fails(openat(AT_FDCWD, "/dev/null", O_RDONLY));
    while (count)
        close(kept[--count]);
    return 0;
}
