/* One thread writes to a pipe, another closes its end; only luck orders the two. A socket that is
// shut down to wake its reader, and closed when that has been joined, is fine.
// expect: handle-race count=1 function=writer role=earlier
// expect: handle-race count=1 function=closer role=here
// expect: handle-race count=1 function=make role=opened
*/
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "support.h"

static int ends[2], sockets[2];
static gate written, closed;

__attribute__((noinline)) static void make(void)
{
    if (pipe(ends) != 0)
        abort();
}

__attribute__((noinline)) static void writer(void)
{
    if (write(ends[1], "x", 1) != 1)
        abort();
}

__attribute__((noinline)) static void closer(void)
{
    if (close(ends[1]) != 0)
        abort();
}

static void *write_one(void *unused)
{
    writer();
    gate_open(&written);
    return unused;
}

static void *close_one(void *unused)
{
    gate_wait(&written);
    closer();
    gate_open(&closed);
    return unused;
}

static void *read_until_end(void *unused)
{
    char byte;
    if (read(sockets[0], &byte, 1) != 0)
        abort();
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    make();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
        abort();
    pthread_create(&threads[0], NULL, write_one, NULL);
    pthread_create(&threads[1], NULL, close_one, NULL);
    pthread_create(&threads[2], NULL, read_until_end, NULL);
    shutdown(sockets[0], SHUT_RDWR);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    close(sockets[0]);
    close(sockets[1]);
    close(ends[0]);
    return 0;
}
