/* A signal that comes before the thread's first step: its handler meets us first, and the thread is
   the one that was created all the same, so what both touch is no race.
// expect: none
*/
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static int ends[2];
static char touched[64];
static volatile size_t size = sizeof touched; /* else the compiler calls no memset */

static void handler(int signal)
{
    char byte = (char)signal;
    memset(touched, signal, size);
    if (write(ends[1], &byte, 1) != 1)
        _exit(3);
}

static void *work(void *argument)
{
    memset(touched, 1, size);
    return argument;
}

int main(void)
{
    pthread_attr_t attr;
    sigset_t set;
    char byte;
    signal(SIGUSR1, handler);
    if (pipe(ends) != 0)
        return 1;
    sigemptyset(&set);
    pthread_attr_init(&attr);
    pthread_attr_setsigmask_np(&attr, &set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        kill(getpid(), SIGUSR1);
        pthread_create(&thread, &attr, work, NULL);
        int error = pthread_join(thread, NULL);
        if (error || read(ends[0], &byte, 1) != 1)
            printf("error %d\n", error);
    }
    pthread_attr_destroy(&attr);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
