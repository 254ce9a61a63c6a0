/* Threads made in a loop that nobody joins: one finding with a count.
// expect: thread-leak count=50 severity=warning function=start role=created
*/
#include <pthread.h>

#include "support.h"

static gate done;

static void *work(void *argument)
{
    gate_open(&done);
    return argument;
}

__attribute__((noinline)) static void start(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    __asm__ volatile("");
}

int main(void)
{
    for (int i = 0; i < 50; i++)
        start();
    gate_wait_count(&done, 50);
    return 0;
}
