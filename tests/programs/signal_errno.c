/*
 * A handler that leaves another errno behind than it found.
 *
 * // expect: bad-close function=on_alarm
 * // expect: bad-close function=on_alarm
 * // expect: errno-spoiled severity=warning top=on_alarm text=SIGALRM count=2
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t seen;

static void on_alarm(int signal)
{
    close(-2);
    seen++;
}

int main(void)
{
    signal(SIGALRM, on_alarm);
    for (int i = 1; i <= 2; i++) {
        struct itimerval soon = {.it_value.tv_usec = 1000};
        errno = 0;
        setitimer(ITIMER_REAL, &soon, NULL);
        while (seen != i)
            ;
        if (errno != EBADF)
            return 1; /* the shim gives it back as the handler left it */
    }
    return 0;
}
