/* Handlers of the program's for faults: leaving by siglongjmp, then one on its own stack for an
overrun stack, then the default action that it finds before and after.
// status: 11
// expect: none
// expect-process: state=ended status=11
*/
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static sigjmp_buf back;
static char *nowhere = (char *)16;

static void leaves(int signal)
{
    siglongjmp(back, 1);
}

static void overrun(int signal, siginfo_t *info, void *context)
{
    write(1, "overrun\n", 8);
    _exit(11);
}

__attribute__((noinline)) static int deeper(volatile char *above)
{
    volatile char here[4096];
    here[0] = above[0];
    return deeper(here) + here[0];
}

int main(void)
{
    struct sigaction before;
    if (signal(SIGSEGV, leaves) != SIG_DFL)
        return 1;
    if (sigsetjmp(back, 1) == 0)
        *(volatile char *)nowhere = 1;
    puts("back");
    if (signal(SIGSEGV, SIG_DFL) != leaves)
        return 2;
    sigaction(SIGSEGV, NULL, &before);
    printf("%d\n", before.sa_handler == SIG_DFL);
    fflush(stdout);
    static char other[65536];
    sigaltstack(&(stack_t){.ss_sp = other, .ss_size = sizeof other}, NULL);
    sigaction(SIGSEGV,
              &(struct sigaction){.sa_sigaction = overrun, .sa_flags = SA_SIGINFO | SA_ONSTACK},
              NULL);
    return deeper(other);
}
