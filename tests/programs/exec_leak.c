/* Descriptors that go on into another program unmeant: after a fork, by posix_spawn, by exec
itself. Those that are meant for it, or close, are not told; an exec that fails leaves nothing.
// expect: exec-leak count=1 severity=note handle=file function=open_leaky role=opened
// expect: exec-leak count=1 severity=note function=exec_in_child role=here
// expect: exec-leak count=1 severity=note handle=file function=open_spawned role=opened
// expect: exec-leak count=1 severity=note function=spawn role=here
// expect: exec-leak count=1 severity=note handle=file function=open_last role=opened
// expect: exec-leak count=1 severity=note function=exec_here role=here
*/
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char *const nothing[] = {"true", NULL};

static void check(int fine)
{
    if (!fine)
        abort();
}

static void wait_for(pid_t child)
{
    int status;
    check(waitpid(child, &status, 0) == child && status == 0);
}

/* Paths differ so that compilers do not make one function of them. */
#define OPENER(name, path)                                                                         \
    __attribute__((noinline)) static int name(int flags)                                           \
    {                                                                                              \
        int fd = open(path, O_RDONLY | flags);                                                     \
        check(fd >= 0);                                                                            \
        return fd;                                                                                 \
    }

OPENER(open_leaky, "/dev/null")
OPENER(open_meant, "/dev/zero")
OPENER(open_spawned, "/dev/full")
OPENER(open_last, "/dev/random")

__attribute__((noinline)) static void exec_in_child(void)
{
    check(execv("/nonexistent", nothing) == -1 && errno == ENOENT);
    execv("/bin/true", nothing);
    _exit(1);
}

__attribute__((noinline)) static void spawn(int named, int copied)
{
    pid_t child;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, named);
    posix_spawn_file_actions_adddup2(&actions, copied, 1);
    check(posix_spawn(&child, "/bin/true", &actions, NULL, nothing, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    wait_for(child);
}

__attribute__((noinline)) static void exec_here(void)
{
    execv("/bin/true", nothing);
    _exit(1);
}

int main(void)
{
    int closes = open_meant(O_CLOEXEC), chosen = open_meant(O_CLOEXEC),
        taken = open_meant(O_CLOEXEC);
    int closed_by_child = open_meant(0), leaky = open_leaky(0);
    dup2(chosen, 50);
    fcntl(taken, F_SETFD, 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(leaky, 0);
        close(closed_by_child);
        exec_in_child();
    }
    wait_for(child);
    close(leaky);
    close(closed_by_child);
    int named = open_meant(0), copied = open_meant(0), spawned = open_spawned(0);
    spawn(named, copied);
    close(named), close(copied), close(spawned);
    close(50), close(closes), close(chosen), close(taken);
    open_last(0);
    exec_here();
}
