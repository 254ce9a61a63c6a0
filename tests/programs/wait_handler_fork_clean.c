/* A handler on top of a wait forks: the child comes out of a wait that was its parent's.
// expect: none
*/
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "support.h"

static pid_t child = -1;

static void handler(int signal)
{
    (void)signal;
    child = fork();
}

int main(void)
{
    sigset_t set, old;
    signal(SIGUSR1, handler);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    sigsuspend(&old);
    free(malloc(100));
    if (child == 0)
        _exit(7);
    int status;
    waitpid(child, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
    return 0;
}
