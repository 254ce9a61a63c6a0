/* Who finds a descriptor ready has seen what was written to it, without reading it.
// expect: data-race count=5 function=touch role=here
*/
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>

#include "parts/edges.h"

static int event, set;

static void make_event(void)
{
    event = eventfd(0, 0);
}

static void put(void)
{
    CHECK(eventfd_write(event, 1) == 0);
}

static void by_poll(void)
{
    struct pollfd in = {.fd = event, .events = POLLIN};
    CHECK(poll(&in, 1, -1) == 1);
    close(event);
}

static void by_select(void)
{
    fd_set in;
    FD_ZERO(&in);
    FD_SET(event, &in);
    CHECK(select(event + 1, &in, NULL, NULL, NULL) == 1);
    close(event);
}

static void make_set(void)
{
    struct epoll_event in = {.events = EPOLLIN, .data.ptr = &event};
    event = eventfd(0, 0);
    set = epoll_create1(0);
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, event, &in) == 0);
}

static void by_epoll(void)
{
    struct epoll_event out;
    CHECK(epoll_wait(set, &out, 1, -1) == 1);
    close(event);
    close(set);
}

static void by_epoll_now(void)
{
    struct epoll_event out;
    CHECK(epoll_wait(set, &out, 1, 0) == 1);
    close(event);
    close(set);
}

static void make_ready(void)
{
    event = eventfd(1, 0);
    set = epoll_create1(0);
}

static void add(void)
{
    struct epoll_event in = {.events = EPOLLIN, .data.fd = event};
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, event, &in) == 0);
}

int main(int argc, char **argv)
{
    only = argv[1];
    run_edge("poll", make_event, put, by_poll);
    run_edge("select", make_event, put, by_select);
    run_edge("epoll", make_set, put, by_epoll);
    run_edge("epoll-now", make_set, put, by_epoll_now);
    run_edge("epoll-add", make_ready, add, by_epoll);
    return 0;
}
