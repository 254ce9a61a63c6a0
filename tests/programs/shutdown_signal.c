/* SIGTERM reaches a handler, main returns, and a thread still works.
// signal: TERM
// options: --blocked-threshold=0
// expect: slow-shutdown count=1 confidence=certain function=starts role=created
// expect: slow-shutdown text=SIGTERM_had_reached_the_program
// expect: thread-leak function=starts
*/
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "support.h"

static gate there, never, told;

static void handler(int signal)
{
    (void)signal;
    gate_open(&told);
}

static void *works(void *unused)
{
    (void)unused;
    gate_open(&there);
    gate_wait(&never); /* by a raw call: as if it computed */
    return NULL;
}

__attribute__((noinline)) static void starts(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, works, NULL);
    gate_wait(&there);
}

int main(void)
{
    signal(SIGTERM, handler);
    starts();
    printf("ready\n");
    fflush(stdout);
    gate_wait(&told);
    return 0;
}
