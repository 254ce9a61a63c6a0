/* What close_range and closefrom do not reach is still open; what they closed must not be closed
// again.
// expect: fd-leak count=1 function=below role=opened
// expect: double-close count=1 function=main role=here
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

__attribute__((noinline)) static int below(void)
{
    int fd = open("/dev/null", O_RDONLY);
    __asm__ volatile("");
    return fd;
}

int main(void)
{
    int fd = below();
    int in_range = dup(fd);
    dup(in_range);
    close_range((unsigned)in_range, (unsigned)in_range, 0);
    close(in_range);
    closefrom(in_range);
    return 0;
}
