/* Descriptors that go on unmeant by the other ways to start a program: vfork, system, popen. A
vfork's
// child says itself what it closes and chooses; an exec of it that fails leaves nothing.
// expect: exec-leak count=1 severity=note handle=file function=by_vfork role=opened
// expect: exec-leak count=1 severity=note function=exec_in_child role=here
// expect: exec-leak count=1 severity=note handle=file function=by_system role=opened
// expect: exec-leak count=1 severity=note function=calls_system role=here
// expect: exec-leak count=2 severity=note handle=file function=by_popen role=opened
// expect: exec-leak count=2 severity=note function=calls_popen role=here
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const nothing[] = {"true", NULL};

static void check(int fine)
{
    if (!fine)
        abort();
}

#define OPENER(name, path)                                                                         \
    __attribute__((noinline)) static int name(int flags)                                           \
    {                                                                                              \
        int fd = open(path, O_RDONLY | flags);                                                     \
        check(fd >= 0);                                                                            \
        return fd;                                                                                 \
    }
OPENER(by_vfork, "/dev/null")
OPENER(by_system, "/dev/zero")
OPENER(by_popen, "/dev/full")
OPENER(meant, "/dev/random")

__attribute__((noinline)) static void exec_in_child(void)
{
    execv("/nonexistent", nothing);
    execv("/bin/true", nothing);
    _exit(1);
}

__attribute__((noinline)) static void fails_in_child(void)
{
    execv("/nonexistent", nothing);
    _exit(0);
}

__attribute__((noinline)) static void calls_system(void)
{
    check(system("exit 0") == 0);
    __asm__ volatile("");
}

__attribute__((noinline)) static void calls_popen(void)
{
    FILE *commands[2];
    for (volatile int i = 0; i < 2; i++)
        check((commands[i] = popen("exit 0", "r")) != NULL);
    check(pclose(commands[0]) == 0 && pclose(commands[1]) == 0);
    __asm__ volatile("");
}

int main(void)
{
    int status, leaky = by_vfork(0), closed = meant(0), chosen = meant(0),
                kept = by_system(O_CLOEXEC);
    pid_t child = vfork();
    if (child == 0) {
        close(closed);
        dup2(kept, chosen);
        exec_in_child();
    }
    check(waitpid(child, &status, 0) == child && status == 0);
    child = vfork();
    if (child == 0)
        fails_in_child();
    check(waitpid(child, &status, 0) == child && status == 0);
    check(!close(leaky) && !close(closed) && !close(chosen) && !close(kept));
    int fd = by_system(0);
    calls_system();
    close(fd);
    fd = by_popen(0);
    calls_popen();
    close(fd);
    /* Alone, a command's own pipe is not told of another. */
    FILE *stream = popen("exit 0", "r");
    check(stream && system("exit 0") == 0 && pclose(stream) == 0);
    return 0;
}
