/* Prints the number of each signal that arrives, with its value where it has one, until standard
   input ends. Blocks them and reads them one by one, so that none merges with another kind. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int listened[] = {SIGHUP,  SIGINT,  SIGQUIT,  SIGUSR1, SIGUSR2,
                               SIGALRM, SIGTERM, SIGWINCH, SIGCONT};

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (unsigned i = 0; i < sizeof listened / sizeof listened[0]; i++)
        sigaddset(&set, listened[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        struct signalfd_siginfo info;
        char byte;
        if (poll(polled, 2, -1) < 0)
            continue;
        if (polled[0].revents && read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
            if (info.ssi_code == SI_QUEUE)
                printf("%u %d\n", info.ssi_signo, info.ssi_int);
            else
                printf("%u\n", info.ssi_signo);
            fflush(stdout);
        } else if (polled[1].revents && read(0, &byte, 1) <= 0) {
            break;
        }
    }
    close(fd);
    return 0;
}
