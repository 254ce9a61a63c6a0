/* What a program sees of its signals' actions is what it set.
// expect: none
*/
#define _XOPEN_SOURCE 700
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const int signals[] = {SIGTERM, SIGINT, SIGHUP,  SIGSEGV, SIGBUS,
                              SIGILL,  SIGFPE, SIGABRT, SIGUSR1, SIGPIPE};

static void own(int signal)
{
}

static void show(const char *when, int signal)
{
    struct sigaction now;
    sigaction(signal, NULL, &now);
    printf("%d %s: %s flags %x mask %d\n", signal, when,
           now.sa_handler == SIG_DFL   ? "default"
           : now.sa_handler == SIG_IGN ? "ignored"
           : now.sa_handler == own     ? "own"
                                       : "strange",
           now.sa_flags & ~0x04000000, sigismember(&now.sa_mask, SIGWINCH));
}

static const char *word(void (*handler)(int))
{
    return handler == SIG_DFL   ? "default"
           : handler == SIG_IGN ? "ignored"
           : handler == own     ? "own"
                                : "strange";
}

int main(void)
{
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        int number = signals[i];
        struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_RESTART};
        sigaddset(&action.sa_mask, SIGWINCH);
        show("at first", number);
        sigaction(number, &action, &action);
        show("default with flags", number);
        printf("%s\n", word(signal(number, SIG_IGN)));
        show("ignored", number);
        printf("%s\n", word(signal(number, SIG_DFL)));
        show("default", number);
        printf("%s\n", word(sigset(number, own)));
        show("own", number);
        printf("%s\n", word(sigset(number, SIG_HOLD)));
        printf("%s\n", word(sigset(number, SIG_DFL)));
        printf("%s\n", word(signal(number, SIG_DFL)));
        siginterrupt(number, 1);
        show("at last", number);
    }
    return 0;
}
