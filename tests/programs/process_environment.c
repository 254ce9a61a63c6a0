/* A program and what it starts see the environment that they were given, to the byte, in every form
of starting; also one that was cleared, one with a preload of its own, and a large one.
// environment: ZEBRA=1 LD_BIND_NOW=1
// expect: none
*/
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *when)
{
    printf("-- %s\n", when);
    for (char **at = environ; at && *at; at++)
        if (strncmp(*at, "LARGE", 5) != 0)
            puts(*at);
    fflush(stdout);
}

static void start(const char *when, int form, char *const *envp)
{
    char *arguments[] = {"env", NULL};
    pid_t child;
    int status;
    printf("-- %s %d\n", when, form);
    fflush(stdout);
    switch (form) {
    case 0:
        if ((child = fork()) == 0) {
            environ = (char **)envp;
            execv("/usr/bin/env", arguments);
            _exit(127);
        }
        break;
    case 1:
        if ((child = vfork()) == 0) {
            execve("/usr/bin/env", arguments, envp);
            _exit(127);
        }
        break;
    default:
        posix_spawn(&child, "/usr/bin/env", NULL, NULL, arguments, envp);
    }
    waitpid(child, &status, 0);
    printf("%d\n", status);
}

int main(void)
{
    char *small[] = {"A=1", "LD_PRELOAD=libm.so.6", "B=2", NULL}, *empty[] = {NULL};
    char **large = calloc(5001, sizeof *large);
    for (int i = 0; i < 4999; i++)
        asprintf(&large[i], "LARGE%d=%d", i, i);
    large[4999] = "LAST=1";
    show("own");
    for (int form = 0; form < 3; form++) {
        start("own", form, environ);
        start("small", form, small);
        start("empty", form, empty);
    }
    system("echo system; env");
    setenv("LD_PRELOAD", "libm.so.6", 1);
    system("echo system with a preload; env");
    show("after system");
    clearenv();
    system("echo system without any; env");
    show("cleared");
    environ = large;
    for (int i = 0; i < 20; i++)
        system("env | cksum");
    for (int i = 0; i < 20; i++) {
        pid_t child = vfork();
        if (child == 0) {
            execle("/bin/sh", "sh", "-c", "env | cksum", NULL, large);
            _exit(1);
        }
        waitpid(child, NULL, 0);
    }
    for (int i = 0; i < 4999; i++)
        free(large[i]);
    free(large);
    return 0;
}
