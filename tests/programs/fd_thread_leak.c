/* The finding names the thread that opened it, also when that thread has ended; the process ends by
// exit in another thread.
// expect: fd-leak count=3 function=work role=opened
// expect: handle-leak count=1 function=main role=opened
*/
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *unused)
{
    for (volatile int i = 0; i < 3; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            abort();
    return unused;
}

static void *end(void *unused)
{
    exit(0);
    return unused;
}

int main(void)
{
    pthread_t thread;
    FILE *stream = fopen("/dev/null", "r");
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, end, NULL);
    pthread_join(thread, NULL);
    return !stream;
}
