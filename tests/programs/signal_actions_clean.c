/*
 * What a program sees of its own signal actions is what it set, by every call.
 *
 * // expect: none
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t called, with_info;

static void one(int signal)
{
    called = signal;
}

static void two(int signal)
{
    called = -signal;
}

static void info(int signal, siginfo_t *what, void *context)
{
    with_info = what->si_value.sival_int + (context != NULL);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            exit(__LINE__ % 250 + 1);                                                              \
    } while (0)

static void by_sigaction(int number)
{
    struct sigaction now, action = {.sa_handler = one, .sa_flags = SA_RESTART};
    sigaddset(&action.sa_mask, SIGUSR2);
    CHECK(sigaction(number, &action, NULL) == 0);
    CHECK(sigaction(number, NULL, &now) == 0);
    CHECK(now.sa_handler == one && (now.sa_flags & SA_RESTART));
    CHECK(sigismember(&now.sa_mask, SIGUSR2) == 1 && sigismember(&now.sa_mask, SIGUSR1) == 0);
    CHECK(raise(number) == 0 && called == number);
    action.sa_handler = two;
    CHECK(sigaction(number, &action, &action) == 0);
    CHECK(action.sa_handler == one);
    CHECK(raise(number) == 0 && called == -number);
    CHECK(signal(number, SIG_IGN) == two);
    CHECK(raise(number) == 0 && called == -number);
    CHECK(signal(number, one) == SIG_IGN);
    CHECK(signal(number, SIG_DFL) == one);
    CHECK(signal(number, SIG_DFL) == SIG_DFL);
}

int main(void)
{
    by_sigaction(SIGUSR1);
    by_sigaction(SIGTERM);
    by_sigaction(SIGSEGV);
    by_sigaction(SIGRTMAX);
    struct sigaction now, action = {.sa_sigaction = info, .sa_flags = SA_SIGINFO | SA_RESETHAND};
    CHECK(sigaction(SIGRTMIN, &action, NULL) == 0);
    CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 41}) == 0 && with_info == 42);
    CHECK(sigaction(SIGRTMIN, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    CHECK(sigaction(SIGKILL, &action, NULL) == -1 && sigaction(0, &action, NULL) == -1 &&
          sigaction(1000, &action, NULL) == -1 && sigaction(-5, NULL, &now) == -1);
    CHECK(signal(SIGKILL, one) == SIG_ERR && signal(-1, one) == SIG_ERR);
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    CHECK(sigset(SIGUSR2, one) == SIG_DFL && sigset(SIGUSR2, SIG_HOLD) == one);
    CHECK(sigset(SIGUSR2, two) == SIG_HOLD && siginterrupt(SIGUSR2, 1) == 0);
    CHECK(raise(SIGUSR2) == 0 && called == -SIGUSR2);
    /* A child made by vfork sets its own: the parent keeps what it had. */
    pid_t child = vfork();
    if (child == 0) {
        signal(SIGUSR2, one);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    CHECK(raise(SIGUSR2) == 0 && called == -SIGUSR2);
    child = fork();
    if (child == 0) {
        CHECK(raise(SIGUSR2) == 0 && called == -SIGUSR2);
        CHECK(signal(SIGUSR2, one) == two && raise(SIGUSR2) == 0 && called == SIGUSR2);
        exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    return 0;
}
