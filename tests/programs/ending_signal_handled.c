/* A handler of the program's for SIGTERM ends it in order.
// signal: TERM
// expect: none
// expect-process: state=ended status=0
*/
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void handler(int signal)
{
    stop = 1;
}

int main(void)
{
    sigset_t term, before;
    struct sigaction action = {.sa_handler = handler};
    int fd = open("/etc/passwd", O_RDONLY);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before);
    sigaction(SIGTERM, &action, NULL);
    printf("ready\n");
    fflush(stdout);
    while (!stop)
        sigsuspend(&before);
    close(fd);
    puts("in order");
    return 0;
}
