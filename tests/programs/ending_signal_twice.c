/* SIGTERM again and again, while the last look that the first one has brought about is made.
// status: 143
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended signal=15
// expect-process: state=killed
*/
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

static void *kept[100000];

int main(void)
{
    pid_t parent = getpid();
    for (int i = 0; i < 100000; i++)
        kept[i] = malloc(10); /* so that there is something to look through */
    lose();
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent)
            kill(parent, SIGTERM);
        raise(SIGKILL);
    }
    for (;;)
        pause();
}
