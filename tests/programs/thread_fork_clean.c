/* A child of fork has one thread: those of its parent are not its leaks.
// expect: none
// expect-process: program=thread_fork_clean status=0
// expect-process: program=thread_fork_clean status=7
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "support.h"

static gate started, let_go;

static void *work(void *argument)
{
    gate_open(&started);
    gate_wait(&let_go);
    return argument;
}

static void *forks(void *argument)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        gate_open(&let_go);
        pthread_create(&thread, NULL, work, NULL);
        pthread_join(thread, NULL);
        exit(7);
    }
    waitpid(child, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
    return argument;
}

int main(void)
{
    pthread_t worker, forker;
    pthread_create(&worker, NULL, work, NULL);
    gate_wait(&started);
    pthread_create(&forker, NULL, forks, NULL);
    pthread_join(forker, NULL);
    gate_open(&let_go);
    pthread_join(worker, NULL);
    return 0;
}
