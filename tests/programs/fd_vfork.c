/* What a vfork's child closes is still open in its parent: the table of descriptors is the child's
own,
// though the memory is not. The number that only the child opened was never open here.
// expect: bad-close count=1 function=main role=here
*/
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status, fd = open("/dev/null", O_RDONLY);
    pid_t child = vfork();
    if (child == 0) {
        close(fd);
        dup2(0, fd + 1);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    if (close(fd) != 0 || close(fd + 1) != -1) /* -1: only the child had it */
        abort();
    return status;
}
