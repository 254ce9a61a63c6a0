/* A daemon by hand: fork, setsid, fork, closed descriptors. The last one is watched as the first,
   and nobody is blamed for what he left to others.
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended status=0
// expect-process: state=ended status=0
// expect-process: state=ended status=0
*/
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that it can wait for both */
    if (fork() != 0) {
        while (wait(NULL) > 0)
            ;
        return 0;
    }
    setsid();
    if (fork() != 0)
        _exit(0);
    umask(0);
    if (chdir("/") != 0)
        return 1;
    for (int fd = 0; fd < 256; fd++)
        close(fd);
    open("/dev/null", O_RDWR);
    if (dup(0) != 1 || dup(0) != 2)
        return 1;
    lose();
    return 0;
}
