/* Closed twice, with the stacks of both closes and of the open. The call still fails as it would.
// expect: double-close count=1 function=make role=opened
// expect: double-close count=1 function=first role=closed
// expect: double-close count=1 function=second role=here
*/
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int fd;

__attribute__((noinline)) static void make(void)
{
    fd = open("/dev/null", O_RDONLY);
    __asm__ volatile("");
}

__attribute__((noinline)) static void first(void)
{
    if (close(fd) != 0)
        abort();
}

__attribute__((noinline)) static void second(void)
{
    errno = 0;
    if (close(fd) != -1 || errno != EBADF)
        abort();
}

int main(void)
{
    make();
    first();
    second();
    return 0;
}
