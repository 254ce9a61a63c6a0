/* vfork: the child shares the parent's memory, and changes nothing of what is known.
// part: process_leaves
// expect: fd-leak count=1 program=process_leaves
// expect: fd-leak count=1 program=process_leaves
// expect: fd-leak count=1 program=process_vfork function=main name=/etc/passwd
// expect-process: program=process_leaves status=1
// expect-process: program=process_leaves status=2
// expect-process: program=process_vfork status=0
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status, fd = open("/etc/passwd", O_RDONLY);
    for (int i = 0; i < 3; i++) {
        pid_t child = vfork();
        if (child == 0) {
            close(fd);
            if (i == 0)
                execl("./process_leaves", "process_leaves", "one", NULL);
            else if (i == 1)
                execle("./process_leaves", "process_leaves", "one", "two", NULL, environ);
            _exit(i);
        }
        waitpid(child, &status, 0);
        printf("%d\n", WEXITSTATUS(status));
        fflush(stdout);
    }
    return 0;
}
