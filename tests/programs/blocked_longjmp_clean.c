/* A signal handler that jumps out of a wait: the thread no longer waits. (Only gates order its read
// before the close.)
// options: --races=off
// expect: none
*/
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static gate started, out;
static atomic_int tid;
static sigjmp_buf before;
static int ends[2];

static void jump(int signal)
{
    siglongjmp(before, signal);
}

__attribute__((noinline)) static int read_or_jump(void)
{
    char byte;
    if (sigsetjmp(before, 1))
        return 1;
    return read(ends[0], &byte, 1) == 1 ? 0 : -1;
}

static void *run(void *argument)
{
    atomic_store(&tid, support_tid());
    gate_open(&started);
    printf("jumped %d\n", read_or_jump());
    free(malloc(10));
    gate_open(&out);
    for (;;)
        __asm__ volatile("");
    return argument;
}

int main(void)
{
    pthread_t thread;
    signal(SIGUSR1, jump);
    if (pipe(ends) != 0)
        return 1;
    pthread_create(&thread, NULL, run, NULL);
    pthread_detach(thread);
    gate_wait(&started);
    wait_until_blocked(atomic_load(&tid));
    pthread_kill(thread, SIGUSR1);
    gate_wait(&out);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
