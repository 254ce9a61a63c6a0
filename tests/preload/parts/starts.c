/* Starts argument 1 with the rest, by every call in turn; prints how each ended. */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void ended(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    printf("%x\n", status);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    pid_t child = fork();
    if (child == 0) {
        execv(argv[1], argv + 1);
        _exit(127);
    }
    ended(child);
    if ((child = vfork()) == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    ended(child);
    if (posix_spawn(&child, argv[1], NULL, NULL, argv + 1, environ) == 0)
        ended(child);
    return 0;
}
