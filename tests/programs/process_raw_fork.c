/* Children by raw system calls, that nobody sets up: they are not watched, do what they would have
   done, and the parent's recording stays its own.
// expect: memory-leak count=1 bytes=55 function=lose role=allocated
// expect-process: state=ended status=0
*/
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(size_t size)
{
    void *volatile block = malloc(size);
    block = NULL;
}

static int child(void)
{
    lose(44);
    char *text = strdup("text");
    FILE *file = fopen("/etc/passwd", "r");
    fclose(file);
    free(text);
    _exit(7);
}

int main(void)
{
    int status, good = 0;
    pid_t pid = (pid_t)syscall(SYS_fork);
    if (pid == 0)
        child();
    good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7;
    pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        child();
    good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7;
    lose(55);
    return good == 2 ? 0 : 1;
}
