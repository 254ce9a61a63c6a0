/* The first close was a raw system call: the second is told, with the open, and as likely only.
// expect: double-close count=1 confidence=likely function=make role=opened
// expect: double-close count=1 function=main role=here
*/
#include <fcntl.h>
#include <unistd.h>

#include "support.h"

__attribute__((noinline)) static int make(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    __asm__ volatile("");
    return fd;
}

int main(void)
{
    int fd = make();
    support_call(SYS_close, fd, 0, 0, 0);
    close(fd);
    return 0;
}
