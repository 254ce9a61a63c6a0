/* A fork's child has a recording of its own: what it leaves is its own, what the parent left is not
   told twice, and what it gives back of the parent's is no fault.
// expect: fd-leak count=1 function=child name=/etc/group
// expect: fd-leak count=1 function=main name=/etc/passwd
// expect-process: state=ended status=0
// expect-process: state=ended status=3
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int child(void *parents, int fd)
{
    free(parents);
    close(fd);
    open("/etc/group", O_RDONLY);
    puts("child");
    return 3;
}

int main(void)
{
    int status;
    void *block = malloc(100);
    int fd = open("/etc/passwd", O_RDONLY);
    if (fork() == 0)
        return child(block, fd);
    wait(&status);
    free(block);
    printf("%d\n", WEXITSTATUS(status));
    return 0;
}
