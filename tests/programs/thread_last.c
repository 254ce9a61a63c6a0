/* main leaves by pthread_exit, the last thread ends the process; one thread was never joined.
// expect: thread-leak count=1 function=leave_one role=created
// expect-process: program=thread_last ending=last_thread status=0
*/
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static pthread_t first;

static void *waits_for_main(void *argument)
{
    printf("join main: %d\n", pthread_join(first, NULL));
    return argument;
}

static void *work(void *argument)
{
    return argument;
}

__attribute__((noinline)) static void leave_one(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    __asm__ volatile("");
}

int main(void)
{
    pthread_t thread;
    first = pthread_self();
    leave_one();
    pthread_create(&thread, NULL, waits_for_main, NULL);
    pthread_detach(thread);
    pthread_exit(NULL);
}
