/* Children that have ended and that nobody waits for: one finding for each place that made them.
// build: -fno-ipa-icf
// environment: LC_ALL=C
// expect: child-leak count=3 function=in_a_loop role=forked text=had_ended_with_status_7
// expect: child-leak count=1 function=by_spawn role=forked text=had_ended_with_status_0
// expect: child-leak count=1 function=by_vfork role=forked text=was_ended_by_signal_9
*/
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Until it has ended, without waiting for it. */
static void see_end(pid_t child)
{
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
}

__attribute__((noinline)) static void in_a_loop(void)
{
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(7);
        see_end(child);
    }
}

__attribute__((noinline)) static void by_spawn(void)
{
    pid_t child;
    char *arguments[] = {"true", NULL};
    if (posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0)
        see_end(child);
    __asm__ volatile("");
}

__attribute__((noinline)) static void by_vfork(void)
{
    pid_t child = vfork();
    if (child == 0) {
        kill(getpid(), SIGKILL);
        _exit(1);
    }
    see_end(child);
}

int main(void)
{
    in_a_loop();
    by_spawn();
    by_vfork();
    return 0;
}
