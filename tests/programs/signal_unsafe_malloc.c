/*
 * Handlers that call malloc, free and calloc where they interrupt the program at any place.
 *
 * // expect: signal-unsafe-call severity=warning function=on_alarm top=on_alarm text=SIGALRM
 * // expect: signal-unsafe-call function=helper text=SIGUSR1
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "support.h"

static volatile sig_atomic_t seen;
static void *volatile kept;

static void on_alarm(int signal)
{
    kept = malloc(100);
    seen = 1;
}

static __attribute__((noinline)) void helper(void)
{
    free(kept);
    kept = NULL;
}

static void on_user(int signal, siginfo_t *info, void *context)
{
    helper();
    seen = 2;
}

int main(void)
{
    signal(SIGALRM, on_alarm);
    struct sigaction action = {.sa_sigaction = on_user, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    struct itimerval soon = {.it_value.tv_usec = 1000};
    setitimer(ITIMER_REAL, &soon, NULL);
    while (seen != 1)
        ;
    /* Not while this thread is on its way out of fork: holdfast observes nothing inside itself. */
    gate *left =
        mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fork() == 0) {
        gate_wait(left);
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    gate_open(left);
    while (seen != 2)
        ;
    munmap(left, sizeof *left);
    return 0;
}
