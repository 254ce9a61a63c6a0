/* Descriptors that came with messages, all closed: also those that came twice, those that nobody
had
// room for, and a socket's own peer.
// expect: none
*/
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "send_descriptors.h"

static void close_all(const int *fds, unsigned count)
{
    while (count)
        check(close(fds[--count]));
}

int main(void)
{
    int pair[2], got[8], some[8];
    check(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 8; j++)
            some[j] = check(j & 1 ? open("/dev/null", O_RDONLY) : eventfd(0, 0));
        send_descriptors(pair[0], some, 8);
        close_all(some, 8);
        check(receive_descriptors(pair[1], got, 8, recvmsg));
        send_descriptors(pair[1], got, 4);
        check(receive_descriptors(pair[0], some, 4, receive_many));
        close_all(some, 4);
        send_descriptors(pair[0], got, 8);
        check(receive_descriptors(pair[1], some, 8, receive_by_call));
        close_all(some, 8);
        close_all(got, 8);
    }
    /* Without room for them: the kernel closes what came. */
    char byte;
    int fd = check(eventfd(0, 0));
    send_descriptors(pair[0], &fd, 1);
    check((int)recv(pair[1], &byte, 1, 0));
    check(close(fd));
    /* A parent that hands out what it accepted. */
    pid_t child = check(fork());
    if (child == 0) {
        check(receive_descriptors(pair[1], got, 1, recvmsg));
        check(close(got[0]));
        check(close(pair[0]) | close(pair[1]));
        exit(0);
    }
    fd = check(socket(AF_UNIX, SOCK_STREAM, 0));
    send_descriptors(pair[0], &fd, 1);
    check(close(fd));
    check(waitpid(child, NULL, 0));
    check(close(pair[0]) | close(pair[1]));
    return 0;
}
