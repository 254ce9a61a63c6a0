/* Pipes, sockets and events, all closed.
// expect: none
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static int check(int result)
{
    if (result < 0)
        abort();
    return result;
}

static void give_back(int fd)
{
    check(close(check(fd)));
}

static void sockets(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = check(socket(AF_INET, SOCK_STREAM, 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(listener, (struct sockaddr *)&address, sizeof address));
    check(listen(listener, 5));
    check(getsockname(listener, (struct sockaddr *)&address, &size));
    for (int i = 0; i < 2; i++) {
        int client = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        check(connect(client, (struct sockaddr *)&address, sizeof address));
        size = sizeof address;
        give_back(i ? accept(listener, NULL, NULL)
                    : accept4(listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK));
        size = sizeof address;
        check(getsockname(listener, (struct sockaddr *)&address, &size));
        give_back(client);
    }
    fcntl(listener, F_SETFL, O_NONBLOCK);
    if (accept(listener, NULL, NULL) >= 0)
        abort();
    give_back(listener);
}

int main(void)
{
    int fds[2];
    check(pipe(fds));
    give_back(fds[0]), give_back(fds[1]);
    check(pipe2(fds, O_CLOEXEC));
    give_back(fds[0]), give_back(fds[1]);
    check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    give_back(fds[0]), give_back(fds[1]);
    give_back(eventfd(0, 0));
    give_back(epoll_create(1));
    give_back(epoll_create1(EPOLL_CLOEXEC));
    sockets();
    return 0;
}
