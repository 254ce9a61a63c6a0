/*
 * Handlers that print and lock where they interrupt the program at any place.
 *
 * // expect: signal-unsafe-call top=on_alarm text=of_printf
 * // expect: signal-unsafe-call top=on_alarm text=of_pthread
 * // expect: signal-unsafe-call top=on_alarm text=of_snprintf
 * // expect: signal-unsafe-call top=on_alarm text=of_sscanf
 * // expect: signal-unsafe-call top=on_alarm text=of_syslog
 * // expect-stdout: alarm 1 times
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <syslog.h>

static volatile sig_atomic_t seen;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void on_alarm(int signal)
{
    pthread_mutex_lock(&mutex);
    printf("alarm %d times\n", 1);
    char text[16];
    int number;
    snprintf(text, sizeof text, "%d", 1);
    sscanf("1", "%d", &number);
    syslog(LOG_DEBUG, "%s", text);
    pthread_mutex_unlock(&mutex);
    seen = 1;
}

int main(void)
{
    signal(SIGALRM, on_alarm);
    struct itimerval soon = {.it_value.tv_usec = 1000};
    setitimer(ITIMER_REAL, &soon, NULL);
    while (!seen)
        ;
    return 0;
}
