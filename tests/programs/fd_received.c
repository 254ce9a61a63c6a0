/* Descriptors that came with messages are the receiver's to close.
// expect: fd-leak count=2 handle=pipe function=by_recvmsg role=opened
// expect: fd-leak count=1 handle=device name=/dev/null function=by_recvmmsg role=opened
// expect: fd-leak count=1 handle=eventfd function=by_call role=opened
// expect: fd-leak count=1 handle=socket function=from_child role=opened
// expect: double-close count=1 function=close_again role=here
// expect: double-close count=1 function=receive_and_close role=closed
*/
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "send_descriptors.h"

/* Both sides of the same socket pair: what is sent is closed here, the copies stay. */
__attribute__((noinline)) static void by_recvmsg(int to, int from)
{
    int ends[2], got[2];
    check(pipe(ends));
    send_descriptors(to, ends, 2);
    check(close(ends[0]) | close(ends[1]));
    check(receive_descriptors(from, got, 2, recvmsg));
    __asm__ volatile("");
}

__attribute__((noinline)) static void by_recvmmsg(int to, int from)
{
    int fd = check(open("/dev/null", O_RDONLY)), got;
    send_descriptors(to, &fd, 1);
    check(close(fd));
    check(receive_descriptors(from, &got, 1, receive_many));
    __asm__ volatile("");
}

__attribute__((noinline)) static void by_call(int to, int from)
{
    int fd = check(eventfd(0, 0)), got;
    send_descriptors(to, &fd, 1);
    check(close(fd));
    check(receive_descriptors(from, &got, 1, receive_by_call));
    __asm__ volatile("");
}

__attribute__((noinline)) static void from_child(int to, int from)
{
    int got;
    pid_t child = check(fork());
    if (child == 0) {
        int fd = check(socket(AF_UNIX, SOCK_STREAM, 0));
        send_descriptors(to, &fd, 1);
        _exit(close(fd));
    }
    check(receive_descriptors(from, &got, 1, recvmsg));
    check(waitpid(child, NULL, 0));
    __asm__ volatile("");
}

__attribute__((noinline)) static int receive_and_close(int to, int from)
{
    int fd = check(open("/dev/null", O_RDONLY)), got;
    send_descriptors(to, &fd, 1);
    check(receive_descriptors(from, &got, 1, recvmsg));
    check(close(fd) | close(got));
    return got;
}

__attribute__((noinline)) static void close_again(int fd)
{
    if (close(fd) == 0)
        abort();
    __asm__ volatile("");
}

int main(void)
{
    int pair[2];
    check(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    close_again(receive_and_close(pair[0], pair[1]));
    by_recvmsg(pair[0], pair[1]);
    by_recvmmsg(pair[0], pair[1]);
    by_call(pair[0], pair[1]);
    from_child(pair[0], pair[1]);
    check(close(pair[0]) | close(pair[1]));
    return 0;
}
