/* A number is closed and given to another file while a thread goes on to use it for the first one.
// expect: handle-race count=1 function=user role=here
// expect: handle-race count=1 function=closer role=closed
// expect: handle-race count=1 function=user role=here text=by_then_the_number
// expect: handle-race count=1 function=use_twice role=earlier
// expect: handle-race count=1 function=closer role=here
*/
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static int fd;
static gate used, reopened;

__attribute__((noinline)) static void user(void)
{
    lseek(fd, 0, SEEK_SET);
    __asm__ volatile("");
}

__attribute__((noinline)) static void closer(void)
{
    close(fd);
    if (open("/dev/zero", O_RDONLY) != fd)
        abort();
}

static void *use_twice(void *unused)
{
    lseek(fd, 0, SEEK_END);
    gate_open(&used);
    gate_wait(&reopened);
    user();
    return unused;
}

static void *use_once(void *unused)
{
    lseek(fd, 0, SEEK_END);
    return unused;
}

int main(void)
{
    pthread_t thread;
    fd = open("/dev/null", O_WRONLY);
    /* Its use is ordered before the close. */
    pthread_create(&thread, NULL, use_once, NULL);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, use_twice, NULL);
    gate_wait(&used);
    closer();
    gate_open(&reopened);
    pthread_join(thread, NULL);
    close(fd);
    return 0;
}
