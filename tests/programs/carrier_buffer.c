/* What the kernel reads and writes for the program: buffers, vectors, what poll and pipe fill in.
// One thread after the other, with nothing that orders them.
// expect: data-race function=fill_by_read role=earlier
// expect: data-race function=fill_by_readv role=earlier
// expect: data-race function=fill_by_recvmsg role=earlier
// expect: data-race function=fill_by_poll role=earlier
// expect: data-race function=fill_by_pipe role=earlier
// expect: data-race function=take_by_write role=earlier
// expect: data-race function=take_by_writev role=earlier
*/
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "support.h"

static union {
    char bytes[64];
    struct pollfd fds[8];
    int pipe[2];
} shared[7];
static volatile size_t size = 16;
static int zero, null, sockets[2];
static gate done;

__attribute__((noinline)) static void fill_by_read(void)
{
    if (read(zero, shared[0].bytes, 16) != 16)
        abort();
}

__attribute__((noinline)) static void fill_by_readv(void)
{
    struct iovec parts[2] = {{shared[1].bytes, 8}, {shared[1].bytes + 8, 8}};
    if (readv(zero, parts, 2) != 16)
        abort();
}

__attribute__((noinline)) static void fill_by_recvmsg(void)
{
    struct iovec part = {shared[2].bytes, 16};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (recvmsg(sockets[0], &message, 0) != 16)
        abort();
}

__attribute__((noinline)) static void fill_by_poll(void)
{
    shared[3].fds[0] = (struct pollfd){.fd = zero, .events = POLLIN};
    if (poll(shared[3].fds, 1, 0) != 1)
        abort();
}

__attribute__((noinline)) static void fill_by_pipe(void)
{
    if (pipe(shared[4].pipe) != 0)
        abort();
}

__attribute__((noinline)) static void take_by_write(void)
{
    if (write(null, shared[5].bytes, 16) != 16)
        abort();
}

__attribute__((noinline)) static void take_by_writev(void)
{
    struct iovec part = {shared[6].bytes, 16};
    if (writev(null, &part, 1) != 16)
        abort();
}

static void *earlier(void *unused)
{
    fill_by_read();
    fill_by_readv();
    fill_by_recvmsg();
    fill_by_poll();
    fill_by_pipe();
    take_by_write();
    take_by_writev();
    gate_open(&done);
    return unused;
}

static void *later(void *unused)
{
    gate_wait(&done);
    int ends[2] = {shared[4].pipe[0], shared[4].pipe[1]};
    for (int i = 0; i < 7; i++)
        memset(&shared[i], 0, size);
    memcpy(shared[4].pipe, ends, sizeof ends);
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    if (write(sockets[1], "0123456789abcdef", 16) != 16)
        abort();
    pthread_create(&threads[0], NULL, earlier, NULL);
    pthread_create(&threads[1], NULL, later, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    for (int i = 0; i < 2; i++) {
        close(sockets[i]);
        close(shared[4].pipe[i]);
    }
    close(zero);
    close(null);
    return 0;
}
