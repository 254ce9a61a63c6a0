/* daemon: the parent ends in order, and the child goes on alone, with its own recording.
// expect: fd-leak count=1 function=main
// expect-process: state=ended status=0
// expect-process: state=ended status=0
// expect-process: state=ended status=0
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return 1;
    if (fork() != 0) { /* the parent of what becomes a daemon waits until that has ended */
        close(ends[1]);
        int result = (int)read(ends[0], &byte, 1);
        close(ends[0]);
        return wait(NULL) < 0 ? 1 : result;
    }
    close(ends[0]);
    if (daemon(1, 1) != 0)
        return 1;
    open("/etc/passwd", O_RDONLY);
    return 0;
}
