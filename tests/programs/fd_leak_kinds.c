/* Pipes, sockets, events: what opens them leaves them behind, pairs count twice.
// expect: fd-leak count=2 handle=pipe function=by_pipe role=opened
// expect: fd-leak count=2 function=by_pipe2 role=opened
// expect: fd-leak count=1 handle=socket text=(listening) function=by_socket role=opened
// expect: fd-leak count=2 function=by_socketpair role=opened
// expect: fd-leak count=1 function=by_accept role=opened
// expect: fd-leak count=1 function=by_accept4 role=opened
// expect: fd-leak count=1 handle=eventfd function=by_eventfd role=opened
// expect: fd-leak count=1 handle=epoll function=by_epoll_create role=opened
// expect: fd-leak count=1 function=by_epoll_create1 role=opened
// expect: fd-leak count=2 handle=socket text=_→_127.0.0.1: function=connect_to role=opened
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address;
static int listener;

static void check(int result)
{
    if (result < 0)
        abort();
}

#define LEAVE(name, call)                                                                          \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        static int fds[2];                                                                         \
        (void)fds;                                                                                 \
        check(call);                                                                               \
    }

LEAVE(by_pipe, pipe(fds))
LEAVE(by_pipe2, pipe2(fds, O_CLOEXEC))
LEAVE(by_socketpair, socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
LEAVE(by_eventfd, eventfd(0, EFD_CLOEXEC))
LEAVE(by_epoll_create, epoll_create(1))
LEAVE(by_epoll_create1, epoll_create1(0))
LEAVE(by_accept, accept(listener, NULL, NULL))
LEAVE(by_accept4, accept4(listener, NULL, NULL, SOCK_CLOEXEC))

__attribute__((noinline)) static void by_socket(void)
{
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    check(listener);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(listener, (struct sockaddr *)&address, sizeof address));
    check(listen(listener, 5));
    check(getsockname(listener, (struct sockaddr *)&address, &size));
}

__attribute__((noinline)) static void connect_to(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(fd);
    check(connect(fd, (struct sockaddr *)&address, sizeof address));
}

int main(void)
{
    by_pipe();
    by_pipe2();
    by_socketpair();
    by_eventfd();
    by_epoll_create();
    by_epoll_create1();
    by_socket();
    for (volatile int i = 0; i < 2; i++)
        connect_to();
    by_accept();
    by_accept4();
    return 0;
}
