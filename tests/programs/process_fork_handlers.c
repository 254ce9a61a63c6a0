/* Handlers of pthread_atfork allocate and open; what the child's handler leaves belongs to the
child.
// expect: fd-leak count=1 function=in_child
// expect-process: state=ended status=0
// expect-process: state=ended status=0
*/
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void before(void)
{
    free(malloc(10));
}

static void in_parent(void)
{
    close(open("/etc/passwd", O_RDONLY));
}

static void in_child(void)
{
    if (open("/etc/group", O_RDONLY) < 0)
        abort();
}

int main(void)
{
    pthread_atfork(before, in_parent, in_child);
    if (fork() != 0)
        wait(NULL);
    return 0;
}
