/* The first close happened inside closedir: the second is told, with the open, and as likely only.
// expect: double-close count=1 confidence=likely function=make role=opened
// expect: double-close count=1 function=main role=here
*/
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

__attribute__((noinline)) static int make(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    __asm__ volatile("");
    return fd;
}

int main(void)
{
    int fd = make();
    closedir(fdopendir(fd));
    close(fd);
    return 0;
}
