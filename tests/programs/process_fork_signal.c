/* fork in a signal handler that interrupts malloc: both sides go on.
// expect: none
*/
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t forks, bad;

static void handler(int signal)
{
    int status = 0;
    pid_t child = _Fork(); /* async-signal-safe, as fork is not */
    if (child == 0)
        _exit(0);
    waitpid(child, &status, 0);
    bad |= status;
    forks++;
}

int main(void)
{
    struct itimerval often = {.it_interval.tv_usec = 2000, .it_value.tv_usec = 2000}, never = {0};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (forks < 100) {
        void *volatile block = malloc(50);
        free(block);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    printf("%d\n", bad);
    return 0;
}
