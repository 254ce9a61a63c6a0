/* What posix_spawn, posix_spawnp and system start is watched.
// part: process_leaves
// expect: fd-leak count=1 program=process_leaves
// expect: fd-leak count=1 program=process_leaves
// expect: fd-leak count=1 program=process_leaves
// expect-process: program=process_leaves status=1
// expect-process: program=process_leaves status=1
// expect-process: program=process_leaves status=1
// expect-process: program=process_spawn status=0
// expect-process: program=dash
*/
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char *arguments[] = {"process_leaves", "spawned", NULL}, *nothing[] = {NULL};
    posix_spawnattr_t attributes;
    sigset_t term;
    pid_t child;
    int status;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &term);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn(&child, "./process_leaves", NULL, &attributes, arguments, nothing);
    waitpid(child, &status, 0);
    printf("%d\n", WEXITSTATUS(status));
    posix_spawnattr_destroy(&attributes);
    fflush(stdout);
    setenv("PATH", "/nowhere:.", 1);
    posix_spawnp(&child, "process_leaves", NULL, NULL, arguments, environ);
    waitpid(child, &status, 0);
    printf("%d\n", WEXITSTATUS(status));
    fflush(stdout);
    status = system("./process_leaves by-system; exit 7");
    printf("%d %s\n", WEXITSTATUS(status), getenv("LD_PRELOAD") ? "seen" : "not seen");
    return 0;
}
