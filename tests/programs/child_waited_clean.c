/* Children that somebody waits for by any call, a daemon's double fork, children that outlive their
   parent: nothing is left behind.
// expect: none
*/
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static pid_t ends_with(int status)
{
    pid_t child = fork();
    if (child == 0)
        _exit(status);
    return child;
}

static void reap(int signal)
{
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static void by_handler(void)
{
    sigset_t blocked, before;
    struct sigaction action = {.sa_handler = reap}, old;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigaction(SIGCHLD, &action, &old);
    ends_with(1);
    sigsuspend(&before);
    sigaction(SIGCHLD, &old, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int by_every_call(void)
{
    int status, good = 0;
    struct rusage usage;
    siginfo_t info;
    pid_t child = ends_with(1);
    good += waitpid(child, &status, 0) == child;
    child = ends_with(2);
    good += wait(NULL) == child;
    child = ends_with(3);
    good += wait3(&status, 0, &usage) == child;
    child = ends_with(4);
    good += wait4(child, NULL, 0, NULL) == child;
    child = ends_with(5);
    good += waitid(P_PID, (id_t)child, &info, WEXITED) == 0 && info.si_status == 5;
    child = ends_with(6);
    int fd = (int)syscall(SYS_pidfd_open, child, 0);
    good += waitid(P_PIDFD, (id_t)fd, &info, WEXITED) == 0;
    close(fd);
    child = ends_with(7);
    good += syscall(SYS_wait4, child, &status, 0, NULL) == child;
    return good == 7;
}

/* The one in the middle forks, and ends: its child may have ended before. */
static void double_fork(void)
{
    pid_t child = fork();
    if (child == 0) {
        siginfo_t info;
        waitid(P_PID, (id_t)ends_with(0), &info, WEXITED | WNOWAIT);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

int main(void)
{
    char *arguments[] = {"true", NULL};
    pid_t child;
    if (!by_every_call())
        return 1;
    by_handler();
    double_fork();
    if (posix_spawnp(&child, "true", NULL, NULL, arguments, environ) != 0 ||
        waitpid(child, NULL, 0) != child || system("true") != 0 || pclose(popen("true", "r")) != 0)
        return 1;
    /* Lives on until its parent has ended. */
    pid_t parent = getpid();
    sigset_t death;
    int signal;
    sigemptyset(&death);
    sigaddset(&death, SIGUSR1);
    sigprocmask(SIG_BLOCK, &death, NULL);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGUSR1);
        if (getppid() == parent)
            sigwait(&death, &signal);
        _exit(0);
    }
    return 0;
}
