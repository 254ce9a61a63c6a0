/* A detached thread that still runs at the end is a note.
// expect: thread-leak count=1 severity=note function=start role=created
*/
#include <pthread.h>

#include "support.h"

static gate started;

static void *work(void *argument)
{
    gate_open(&started);
    for (;;)
        __asm__ volatile("");
    return argument;
}

__attribute__((noinline)) static void start(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_detach(thread);
}

int main(void)
{
    start();
    gate_wait(&started);
    return 0;
}
