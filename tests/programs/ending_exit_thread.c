/* Another thread than the main one ends the process.
// status: 4
// expect: fd-leak count=1 function=ends role=opened
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

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, ends, NULL);
    gate_wait(&never);
    return 0;
}
