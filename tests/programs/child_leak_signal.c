/* A server that forgets its children, until SIGTERM ends it: told where there are several of one
   place, for the last one may have ended just then.
// signal: TERM
// status: 143
// expect: child-leak count=2 function=forgets role=forked
*/
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void make(void)
{
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
}

__attribute__((noinline)) static void forgets(void)
{
    for (volatile int i = 0; i < 2; i++)
        make();
}

__attribute__((noinline)) static void one(void)
{
    make();
    __asm__ volatile("");
}

int main(void)
{
    forgets();
    one();
    setvbuf(stdout, NULL, _IONBF, 0);
    puts("ready");
    for (;;)
        pause();
}
