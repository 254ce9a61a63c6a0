/* The last thread ends the process, and nobody has joined it: as if another had been the last.
// expect: thread-leak count=1 function=main role=created
// expect-process: program=thread_last_unjoined ending=last_thread status=0
*/
#include <pthread.h>
#include <stdio.h>

static pthread_t first;

static void *waits_for_main(void *argument)
{
    printf("join main: %d\n", pthread_join(first, NULL));
    return argument;
}

int main(void)
{
    pthread_t thread;
    first = pthread_self();
    pthread_create(&thread, NULL, waits_for_main, NULL);
    pthread_exit(NULL);
}
