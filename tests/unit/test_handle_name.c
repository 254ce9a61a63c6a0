/* What the last look says that a descriptor is, for real ones of each kind. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/recording.h"
#include "detect/handle_name.h"

static char path[64];
static struct thread self = {.number = 1};

void thread_event(struct thread *thread, uint16_t type, uint16_t kind, uint32_t stack,
                  uint64_t object)
{
}

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-name-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 28), 0);
}

static void end(void)
{
    recording_leave();
    unlink(path);
}

TestSuite(handle_name, .init = begin, .fini = end);

/* The row of fd after the look; told: kind and name as the opening call knew them. */
static const struct handle_row *look(int fd, enum handle_kind kind, const char *name)
{
    cr_assert_geq(fd, 0);
    handle_fd_opened(&self, fd, &(struct handle_birth){.kind = kind, .name = name});
    struct handle_row *row = handle_fd_find(fd);
    handle_name_look(row, fd);
    return row;
}

Test(handle_name, files_have_their_path)
{
    const struct handle_row *row =
        look(open("/etc/../dev/null", O_RDONLY), HANDLE_KIND_FD_FILE, "/etc/../dev/null");
    cr_expect_eq(row->kind, HANDLE_KIND_FD_DEVICE);
    cr_expect_str_eq(handle_name(row), "/dev/null");
    row = look(open("/usr/./lib", O_RDONLY | O_DIRECTORY), HANDLE_KIND_FD_FILE, "/usr/./lib");
    cr_expect_eq(row->kind, HANDLE_KIND_FD_DIRECTORY);
    cr_expect_str_eq(handle_name(row), "/usr/lib");
    row = look(open("/etc/passwd", O_RDONLY), HANDLE_KIND_FD_OTHER, NULL);
    cr_expect_eq(row->kind, HANDLE_KIND_FD_FILE);
    cr_expect_str_eq(handle_name(row), "/etc/passwd");
}

Test(handle_name, what_has_no_path_keeps_what_was_told)
{
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    const struct handle_row *row = look(fds[1], HANDLE_KIND_FD_PIPE, "write end");
    cr_expect_eq(row->kind, HANDLE_KIND_FD_PIPE);
    cr_expect_str_eq(handle_name(row), "write end");
    row = look(eventfd(0, 0), HANDLE_KIND_FD_EVENTFD, NULL);
    cr_expect_eq(row->kind, HANDLE_KIND_FD_EVENTFD);
    cr_expect_str_empty(handle_name(row));
}

/* bind, listen, connect, accept on address; the three rows' names into ret. */
static void connected(struct sockaddr *address, socklen_t size, char ret[3][128])
{
    int listener = socket(address->sa_family, SOCK_STREAM, 0);
    int client = socket(address->sa_family, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, address, size), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, address, &size), 0);
    cr_assert_eq(connect(client, address, size), 0);
    int fds[3] = {listener, client, accept(listener, NULL, NULL)};
    for (int i = 0; i < 3; i++) {
        const struct handle_row *row = look(fds[i], HANDLE_KIND_FD_OTHER, NULL);
        cr_expect_eq(row->kind, HANDLE_KIND_FD_SOCKET);
        snprintf(ret[i], 128, "%s", handle_name(row));
    }
}

Test(handle_name, of_ip4_sockets)
{
    char names[3][128], expected[128];
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected((struct sockaddr *)&address, sizeof address, names);
    snprintf(expected, sizeof expected, "127.0.0.1:%u (listening)", ntohs(address.sin_port));
    cr_expect_str_eq(names[0], expected);
    snprintf(expected, sizeof expected, " → 127.0.0.1:%u", ntohs(address.sin_port));
    cr_expect_not_null(strstr(names[1], expected), "%s", names[1]);
    snprintf(expected, sizeof expected, "127.0.0.1:%u → 127.0.0.1:", ntohs(address.sin_port));
    cr_expect_eq(strncmp(names[2], expected, strlen(expected)), 0, "%s", names[2]);
}

/* Names of bound sockets without a peer, as RFC 5952 writes the addresses. */
Test(handle_name, of_ip6_sockets)
{
    static const char *const texts[] = {"::1", "::", "::ffff:127.0.0.1"};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6};
        socklen_t size = sizeof address;
        int fd = socket(AF_INET6, SOCK_DGRAM, 0);
        inet_pton(AF_INET6, texts[i], &address.sin6_addr);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0)
            cr_skip("no IPv6 here");
        cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        char expected[64];
        /* The mapped form is written in hexadecimal like any other. */
        snprintf(expected, sizeof expected, "[%s]:%u", i == 2 ? "::ffff:7f00:1" : texts[i],
                 ntohs(address.sin6_port));
        cr_expect_str_eq(handle_name(look(fd, HANDLE_KIND_FD_SOCKET, NULL)), expected);
    }
}

Test(handle_name, of_local_sockets)
{
    char names[3][128];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "holdfast-%d",
                          (int)getpid()); /* abstract: leaves nothing behind */
    connected((struct sockaddr *)&address,
              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length), names);
    char expected[128];
    snprintf(expected, sizeof expected, "@holdfast-%d (listening)", (int)getpid());
    cr_expect_str_eq(names[0], expected);
    snprintf(expected, sizeof expected, "@holdfast-%d", (int)getpid());
    cr_expect_str_eq(names[1], expected, "the peer of a client without a name");
    cr_expect_str_eq(names[2], expected);
    cr_expect_str_empty(
        handle_name(look(socket(AF_UNIX, SOCK_STREAM, 0), HANDLE_KIND_FD_SOCKET, NULL)));
}

Test(handle_name, a_closed_descriptor_changes_nothing)
{
    handle_fd_opened(&self, 500,
                     &(struct handle_birth){.kind = HANDLE_KIND_FD_FILE, .name = "/was"});
    struct handle_row *row = handle_fd_find(500);
    handle_name_look(row, 500);
    cr_expect_eq(row->kind, HANDLE_KIND_FD_FILE);
    cr_expect_str_eq(handle_name(row), "/was");
}
