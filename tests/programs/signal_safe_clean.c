/*
 * What is not unsafe: handlers that only do what they may; one that allocates where it interrupts
 * nothing (raised by the thread itself, let in by sigsuspend or ppoll only); allocation after a
 * handler was left by siglongjmp; errno kept.
 *
 * // expect: none
 * // expect-stdout: 5 handlers
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handlers;
static void *volatile kept;
static sigjmp_buf out;

static void allocates(int signal)
{
    free(kept);
    kept = malloc(10);
    handlers++;
}

static void keeps_errno(int signal)
{
    int saved = errno;
    close(-1);
    errno = saved;
    handlers++;
}

static void jumps(int signal)
{
    handlers++;
    siglongjmp(out, 1);
}

static void __attribute__((noinline)) deep(int levels)
{
    char room[200];
    memset(room, levels, sizeof room);
    if (levels)
        deep(levels - 1);
    free(kept);
    kept = malloc((size_t)levels + 1 + (unsigned char)room[3]);
}

int main(void)
{
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    signal(SIGUSR2, allocates);
    raise(SIGUSR2);

    signal(SIGUSR1, allocates);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    kill(getpid(), SIGUSR1);
    sigsuspend(&before);
    kill(getpid(), SIGUSR1);
    struct timespec forever = {.tv_sec = 100};
    ppoll(NULL, 0, &forever, &before);

    signal(SIGALRM, keeps_errno);
    int had = handlers;
    struct itimerval soon = {.it_value.tv_usec = 1000};
    setitimer(ITIMER_REAL, &soon, NULL);
    while (handlers == had)
        ;
    signal(SIGALRM, jumps);
    if (sigsetjmp(out, 1) == 0) {
        setitimer(ITIMER_REAL, &soon, NULL);
        for (;;)
            ;
    }
    deep(30);
    free(kept);
    printf("%d handlers\n", (int)handlers);
    return 0;
}
