/* Children by raw system calls: those that are like fork's are watched as fork's are, without its
   handlers; one that shares descriptors is not. All do what they would have done, and the parent's
   recording stays its own.
// expect: memory-leak count=1 bytes=44 function=by_fork role=allocated
// expect: memory-leak count=1 bytes=45 function=by_clone role=allocated
// expect: memory-leak count=1 bytes=55 function=lose role=allocated
// expect: child-leak count=1 function=main role=forked
// expect-process: state=ended status=0
// expect-process: state=ended status=7
// expect-process: state=ended status=7
// expect-process: state=ended status=7
*/
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void lose(size_t size)
{
    void *volatile block = malloc(size);
    block = NULL;
}

static void by_fork(void)
{
    lose(44);
}

static void by_clone(void)
{
    lose(45);
}

static void nothing(void)
{
}

static int child(void (*loses)(void))
{
    loses();
    char *text = strdup("text");
    FILE *file = fopen("/etc/passwd", "r");
    fclose(file);
    free(text);
    _exit(7);
}

int main(void)
{
    int status, good = 0;
    siginfo_t info;
    pid_t pid = (pid_t)syscall(SYS_fork);
    if (pid == 0)
        child(by_fork);
    good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7;
    pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        child(by_clone);
    good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7;
    pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        child(by_clone); /* of which nothing is told */
    good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7;
    pid = (pid_t)syscall(SYS_fork);
    if (pid == 0)
        child(nothing);
    good += waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0; /* and nobody waits for it */
    lose(55);
    return good == 4 ? 0 : 1;
}
