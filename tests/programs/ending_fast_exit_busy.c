/* A handler that interrupts malloc ends the process: wherever it hits, that is no crash and no
kill.
// status: 12
// expect: none
// expect-process: state=ended status=12
*/
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static void handler(int signal)
{
    _exit(12);
}

int main(void)
{
    struct itimerval soon = {.it_value.tv_usec = 3000};
    signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &soon, NULL);
    for (;;) {
        void *volatile block = malloc(24);
        free(block);
    }
}
