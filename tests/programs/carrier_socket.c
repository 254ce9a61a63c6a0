/* Connections and datagrams inside the process; what was done before listen, connect and close.
// expect: data-race count=7 function=touch role=here
*/
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "parts/edges.h"

static int listener, client, server;
static struct sockaddr_storage address;
static socklen_t address_size;

static void listen_at(int family, const struct sockaddr *at, socklen_t size)
{
    listener = socket(family, SOCK_STREAM, 0);
    CHECK(bind(listener, at, size) == 0 && listen(listener, 8) == 0);
    address_size = sizeof address;
    CHECK(getsockname(listener, (struct sockaddr *)&address, &address_size) == 0);
}

static void make_ip4(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listen_at(AF_INET, (struct sockaddr *)&any, sizeof any);
}

static void make_local(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    listen_at(AF_UNIX, (struct sockaddr *)&name, sizeof name);
}

static void connect_there(void)
{
    client = socket(address.ss_family, SOCK_STREAM, 0);
    CHECK(connect(client, (struct sockaddr *)&address, address_size) == 0);
}

static void accept_there(void)
{
    CHECK((server = accept(listener, NULL, NULL)) >= 0);
}

static void close_all(void)
{
    close(client);
    close(server);
    close(listener);
    if (address.ss_family == AF_UNIX)
        unlink("socket");
}

static void accept_and_close(void)
{
    accept_there();
    close_all();
}

static void make_ip4_connection(void)
{
    make_ip4();
    connect_there();
    accept_there();
}

static void make_local_connection(void)
{
    make_local();
    connect_there();
    accept_there();
}

static void put(void)
{
    CHECK(send(client, "x", 1, 0) == 1);
}

static void get(void)
{
    char byte;
    CHECK(recv(server, &byte, 1, 0) == 1);
    close_all();
}

static void put_back(void)
{
    CHECK(write(server, "x", 1) == 1);
}

static void get_back(void)
{
    char byte;
    CHECK(read(client, &byte, 1) == 1);
    close_all();
}

/* All of the client's life before the server accepts. */
static void connect_put_close(void)
{
    connect_there();
    put();
    close(client);
    client = -1;
}

static void accept_get(void)
{
    accept_there();
    char byte;
    CHECK(recv(server, &byte, 1, 0) == 1 && recv(server, &byte, 1, 0) == 0);
    close(server);
    close(listener);
}

static void make_datagrams(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server = socket(AF_INET, SOCK_DGRAM, 0);
    client = socket(AF_INET, SOCK_DGRAM, 0);
    listener = -1;
    address_size = sizeof address;
    CHECK(bind(server, (struct sockaddr *)&any, sizeof any) == 0);
    CHECK(getsockname(server, (struct sockaddr *)&address, &address_size) == 0);
}

static void put_datagram(void)
{
    CHECK(sendto(client, "x", 1, 0, (struct sockaddr *)&address, address_size) == 1);
}

static void get_datagram(void)
{
    char byte;
    CHECK(recvfrom(server, &byte, 1, 0, NULL, NULL) == 1);
    close(client);
    close(server);
}

int main(int argc, char **argv)
{
    only = argv[1];
    run_edge("connect", make_ip4, connect_there, accept_and_close);
    run_edge("connect-local", make_local, connect_there, accept_and_close);
    run_edge("send", make_ip4_connection, put, get);
    run_edge("send-back", make_ip4_connection, put_back, get_back);
    run_edge("send-local", make_local_connection, put_back, get_back);
    run_edge("gone", make_ip4, connect_put_close, accept_get);
    run_edge("datagram", make_datagrams, put_datagram, get_datagram);
    return 0;
}
