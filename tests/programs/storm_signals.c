/* A signal every 100 us, and one of a thread for another all the time, while the threads allocate,
   open, lock and wait: handlers do what they may, on an alternate stack of their own too.
// expect: none
// expect-stdout: handlers ran
*/
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

static volatile sig_atomic_t seen;
static gate over;

static void handler(int signal)
{
    int error = errno;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (write(-1, "", 1) == 0 || signal == 0)
        _exit(1);
    seen++;
    errno = error;
}

static void *works(void *argument)
{
    stack_t stack = {.ss_sp = argument, .ss_size = 16384};
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    sigaltstack(&stack, NULL);
    while (!gate_now(&over)) {
        void *block = realloc(malloc(100), 2000);
        pthread_mutex_lock(&mutex);
        free(block);
        pthread_mutex_unlock(&mutex);
        int fd = open("/dev/null", O_RDONLY);
        close(fd);
    }
    return NULL;
}

int main(void)
{
    static char stacks[3][16384] __attribute__((aligned(16)));
    pthread_t threads[3];
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK};
    struct itimerval often = {.it_interval.tv_usec = 100, .it_value.tv_usec = 100}, never = {0};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, works, stacks[i]);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 20000; i++) {
        pthread_kill(threads[i % 3], SIGUSR1);
        if (i % 50 == 0)
            sched_yield();
    }
    while (seen < 1000)
        sched_yield();
    setitimer(ITIMER_REAL, &never, NULL);
    gate_open(&over);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("handlers ran\n");
    return 0;
}
