/* Threads that fork while others allocate, lock and print: every child comes up, does a little, and
   is waited for.
// expect: none
// expect-stdout: 800 children
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static gate over;
static int children;

static void *forks(void *unused)
{
    int status;
    for (int i = 0; i < 200; i++) {
        pid_t child = i % 4 == 3 ? vfork() : fork();
        if (child == 0)
            _exit(0);
        if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
            __atomic_fetch_add(&children, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

static void *works(void *unused)
{
    char text[64];
    while (!gate_now(&over)) {
        free(malloc(100));
        snprintf(text, sizeof text, "%d", children);
    }
    return unused;
}

int main(void)
{
    pthread_t forkers[4], workers[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&workers[i], NULL, works, NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&forkers[i], NULL, forks, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(forkers[i], NULL);
    gate_open(&over);
    for (int i = 0; i < 2; i++)
        pthread_join(workers[i], NULL);
    printf("%d children\n", children);
    return 0;
}
