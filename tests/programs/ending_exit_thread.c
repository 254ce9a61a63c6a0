/* Another thread than the main one ends the process.
// status: 4
// expect: fd-leak count=1 function=ends role=opened
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended status=4
*/
#include "support.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

static gate never;

static void *ends(void *unused)
{
    open("/etc/passwd", O_RDONLY);
    exit(4);
}

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    pthread_t thread;
    lose();
    pthread_create(&thread, NULL, ends, NULL);
    gate_wait(&never);
    return 0;
}
