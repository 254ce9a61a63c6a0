/* What is told before and after a sweep stays told; only the sweep's own first number is taken
back.
// expect: double-close count=1 function=before role=here
// expect: double-close count=1 function=after role=here
// expect: fd-leak count=1 function=main role=opened
*/
#include <fcntl.h>
#include <unistd.h>

__attribute__((noinline)) static void before(int fd)
{
    close(fd);
    __asm__ volatile("");
}

__attribute__((noinline)) static void after(int fd)
{
    close(fd + 1);
    __asm__ volatile("");
}

int main(void)
{
    int fd = open("/dev/null", O_RDONLY), other = dup(fd);
    close(fd);
    before(fd);
    for (int i = fd; i < 100; i++) /* closes other, too */
        close(i);
    if (other == fd + 1)
        after(fd);
    return open("/dev/null", O_RDONLY) < 0;
}
