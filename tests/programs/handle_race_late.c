/* The use comes after the close, and nothing orders the two: it fails, this time.
// expect: handle-race count=1 function=user role=here
// expect: handle-race count=1 function=closer role=closed
*/
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static int fd;
static gate closed, started;

__attribute__((noinline)) static void closer(void)
{
    close(fd);
    __asm__ volatile("");
}

__attribute__((noinline)) static void user(void)
{
    if (write(fd, "x", 1) != -1 || errno != EBADF)
        abort();
}

static void *use_late(void *unused)
{
    gate_wait(&closed);
    user();
    return unused;
}

int main(void)
{
    pthread_t thread;
    fd = open("/dev/null", O_WRONLY);
    pthread_create(&thread, NULL, use_late, NULL);
    closer();
    gate_open(&closed);
    pthread_join(thread, NULL);
    return 0;
}
