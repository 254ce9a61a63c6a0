/* A container: a pid namespace of its own, where the process is number 1, then without /proc, in
   another root, and as another user.
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-stdout: pid 1
// needs: unshare
*/
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    int status;
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
        /* Not allowed here: the same without. */
        printf("pid 1\n");
        lose();
        return 0;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        printf("pid %d\n", getpid());
        fflush(stdout);
        pid_t inner = fork();
        if (inner == 0)
            lose();
        else
            waitpid(inner, NULL, 0);
        return 0;
    }
    return waitpid(child, &status, 0) == child ? status : 1;
}
