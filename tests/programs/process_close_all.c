/* A daemon's habit: close everything that may be open, first in the parent, then in the child.
// expect: fd-leak count=1 function=main name=/etc/passwd
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    puts("here");
    fflush(stdout);
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    if (fork() == 0) {
        for (int fd = 0; fd < 1024; fd++)
            close(fd);
        exit(0);
    }
    wait(NULL);
    open("/etc/passwd", O_RDONLY);
    return 0;
}
