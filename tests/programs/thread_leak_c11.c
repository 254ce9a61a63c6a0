/* C11's threads are seen too.
// expect: thread-leak count=1 severity=warning function=start role=created
*/
#include <threads.h>

#include "support.h"

static gate done;

static int work(void *argument)
{
    (void)argument;
    gate_open(&done);
    return 0;
}

__attribute__((noinline)) static void start(void)
{
    thrd_t thread;
    thrd_create(&thread, work, NULL);
    __asm__ volatile("");
}

int main(void)
{
    start();
    gate_wait(&done);
    return 0;
}
