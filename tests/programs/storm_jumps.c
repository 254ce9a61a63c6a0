/* A handler that leaves by siglongjmp whatever it interrupts that may be left so: waits, and work
of the program's own.
// expect: none
// expect-stdout: 2000 jumps
*/
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile sig_atomic_t armed;

static void handler(int signal)
{
    if (armed) {
        armed = 0;
        siglongjmp(back, signal);
    }
}

int main(void)
{
    struct itimerval often = {.it_interval.tv_usec = 100, .it_value.tv_usec = 100}, never = {0};
    volatile int jumps = 0;
    volatile unsigned work = 0;
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return 1;
    signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &often, NULL);
    while (jumps < 2000) {
        if (sigsetjmp(back, 1) != 0) {
            jumps++;
            continue;
        }
        armed = 1;
        switch (jumps % 3) {
        case 0:
            if (read(ends[0], &byte, 1) > 0)
                return 1;
            break;
        case 1:
            pause();
            break;
        default:
            for (;;)
                work++;
        }
    }
    setitimer(ITIMER_REAL, &never, NULL);
    close(ends[0]);
    close(ends[1]);
    printf("%d jumps\n", jumps);
    return 0;
}
