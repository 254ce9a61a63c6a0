/* What a thread did before it registered a handler is ordered before that runs, in another thread:
   atexit, on_exit, pthread_atfork.
// expect: none
*/
#include <stdlib.h>
#include <sys/wait.h>

#include "edge.h"

static char bytes[3][64];
static gate registered;

static void at_exit(void)
{
    edge_set(bytes[0], 2, sizeof bytes[0]);
}

static void on_exit_too(int status, void *argument)
{
    (void)status;
    edge_set(argument, 2, sizeof bytes[1]);
}

static void at_fork(void)
{
    edge_set(bytes[2], 2, sizeof bytes[2]);
}

static void *registers(void *argument)
{
    edge_set(bytes[0], 1, sizeof bytes[0]);
    atexit(at_exit);
    edge_set(bytes[1], 1, sizeof bytes[1]);
    on_exit(on_exit_too, bytes[1]);
    edge_set(bytes[2], 1, sizeof bytes[2]);
    pthread_atfork(at_fork, NULL, NULL);
    gate_open(&registered);
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, registers, NULL);
    pthread_detach(thread);
    gate_wait(&registered);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return 0;
}
