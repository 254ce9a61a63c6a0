/* Carriers: which gives reach which takes, through what numbers stand for. Threads are clocks here;
   descriptors are real. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "state/carrier.h"
#include "state/carrier_epoll.h"
#include "state/carrier_rights.h"
#include "state/carrier_socket.h"

union observing_page observing_page;
static struct thread_row rows[3];
static struct thread threads[3];
#define A (&threads[1])
#define B (&threads[2])

struct thread_row *thread_row(uint32_t number)
{
    return &rows[number];
}

static void begin(void)
{
    observing.races = RACES_ON;
    for (uint32_t i = 1; i < 3; i++) {
        threads[i] = (struct thread){.number = i, .row = &rows[i]};
        vclock_thread_create(&threads[i], NULL);
    }
}

TestSuite(carrier, .init = begin);

/* Does what A does now come before what B does after both? */
static bool passes(int out, int in)
{
    stamp_t before = A->clock.now;
    cr_expect_not(vclock_knows(&B->clock, before));
    carrier_gives(A, out);
    carrier_takes(B, in);
    return vclock_knows(&B->clock, before);
}

static void open_both(int fds[2], const link_t links[2])
{
    for (int i = 0; i < 2; i++)
        carrier_opened(A, fds[i], links[i]);
}

Test(carrier, pipe_has_one_clock_for_both_ends)
{
    int ends[2];
    link_t links[2];
    cr_assert_eq(pipe(ends), 0);
    carrier_make_pair(CARRIER_PIPE, links);
    open_both(ends, links);
    cr_expect(passes(ends[1], ends[0]));
    cr_expect(passes(ends[1], ends[0]));
}

Test(carrier, pair_has_two_directions)
{
    int ends[2];
    link_t links[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    carrier_make_pair(CARRIER_PAIR, links);
    open_both(ends, links);
    cr_expect(passes(ends[0], ends[1]));
    cr_expect(passes(ends[1], ends[0]));
    stamp_t before = A->clock.now;
    carrier_gives(A, ends[0]);
    carrier_takes(B, ends[0]);
    cr_expect_not(vclock_knows(&B->clock, before), "an end does not read what it writes");
}

Test(carrier, duplicates_stand_for_the_same)
{
    int fd = eventfd(0, 0), copy = dup(fd);
    carrier_opened(A, fd, carrier_make_one(CARRIER_PIPE));
    carrier_duplicated(A, fd, copy);
    cr_expect(passes(fd, copy));
    carrier_closing(A, fd);
    close(fd);
    carrier_settle(fd, true);
    cr_expect(passes(copy, copy), "it lives as long as one number of it");
}

Test(carrier, other_objects_share_nothing)
{
    int one = eventfd(0, 0), other = eventfd(0, 0);
    carrier_opened(A, one, carrier_make_one(CARRIER_PIPE));
    carrier_opened(A, other, carrier_make_one(CARRIER_PIPE));
    cr_expect_not(passes(one, other));
}

Test(carrier, terminals_and_sockets_of_others_cost_no_epoch)
{
    int null = open("/dev/null", O_RDWR);
    carrier_opened(A, null, 0);
    stamp_t before = A->clock.now;
    carrier_gives(A, null);
    cr_expect_eq(A->clock.now, before);
    cr_expect_eq(descriptor_find(null)->link, carrier_nowhere());
}

Test(carrier, shutdown_reaches_waiters_on_any_number)
{
    int null = open("/dev/null", O_RDWR);
    carrier_opened(A, null, carrier_nowhere());
    stamp_t before = A->clock.now;
    carrier_gives_all(A, null);
    carrier_takes(B, null);
    cr_expect(vclock_knows(&B->clock, before));
}

Test(carrier, file_is_found_by_inode_and_a_log_gives_nothing)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/holdfast-test-carrier-%d", (int)getpid());
    int out = open(path, O_RDWR | O_CREAT | O_EXCL, 0600), in = open(path, O_RDONLY);
    int log = open(path, O_WRONLY | O_APPEND);
    unlink(path);
    for (int i = 0; i < 3; i++)
        carrier_opened(A, (int[]){out, in, log}[i], 0);
    cr_expect(passes(out, in));
    cr_expect_not(passes(log, in));
    stamp_t before = A->clock.now;
    carrier_gives_inode(A, log);
    carrier_takes_inode(B, in);
    cr_expect(vclock_knows(&B->clock, before), "its lock does");
}

Test(carrier, number_orders_its_owners)
{
    int fd = open("/dev/null", O_RDONLY);
    carrier_opened(A, fd, 0);
    uint32_t generation = descriptor_find(fd)->generation;
    stamp_t before = A->clock.now;
    carrier_closing(A, fd);
    cr_expect_not(vclock_knows(&B->clock, before));
    carrier_opened(B, fd, 0);
    cr_expect(vclock_knows(&B->clock, before));
    cr_expect_gt(descriptor_find(fd)->generation, generation);
}

Test(carrier, epoll_finds_by_what_was_given)
{
    int set = open("/dev/null", O_RDONLY), event = eventfd(0, 0);
    carrier_opened(A, set, carrier_make_one(CARRIER_EPOLL));
    carrier_opened(A, event, carrier_make_one(CARRIER_PIPE));
    carrier_epoll_adds(A, set, event, 42);
    carrier_takes(B, set);
    stamp_t before = A->clock.now;
    carrier_gives(A, event);
    carrier_epoll_ready(B, set, 41);
    cr_expect_not(vclock_knows(&B->clock, before));
    carrier_epoll_ready(B, set, 42);
    cr_expect(vclock_knows(&B->clock, before));
    carrier_epoll_removed(A, set, event);
    before = A->clock.now;
    carrier_gives(A, event);
    carrier_epoll_ready(B, set, 42);
    cr_expect_not(vclock_knows(&B->clock, before));
}

static struct sockaddr_in listening(int *ret_fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    *ret_fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(*ret_fd, (struct sockaddr *)&at, sizeof at), 0);
    carrier_opened(A, *ret_fd, 0);
    carrier_listens(A, *ret_fd);
    cr_assert_eq(listen(*ret_fd, 4), 0);
    getsockname(*ret_fd, (struct sockaddr *)&at, &size);
    return at;
}

Test(carrier, connection_inside_has_both_ends)
{
    int listener, client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = listening(&listener);
    carrier_opened(A, client, carrier_of_socket(AF_INET, SOCK_STREAM));
    struct carrier *to = carrier_connecting(A, client, (struct sockaddr *)&at, sizeof at);
    cr_assert_not_null(to);
    cr_assert_eq(connect(client, (struct sockaddr *)&at, sizeof at), 0);
    carrier_connected(A, client, to, true);
    int server = accept(listener, NULL, NULL);
    carrier_opened(B, server, carrier_accepted(B, listener, server));
    cr_expect(passes(client, server));
    cr_expect(passes(server, client));
}

Test(carrier, connection_from_elsewhere_is_nowhere)
{
    int listener, client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = listening(&listener);
    cr_assert_eq(connect(client, (struct sockaddr *)&at, sizeof at), 0); /* unseen, as another's */
    int server = accept(listener, NULL, NULL);
    cr_expect_eq(carrier_accepted(B, listener, server), carrier_nowhere());
}

Test(carrier, descriptor_that_was_sent_is_met_again)
{
    int ends[2];
    link_t links[2];
    cr_assert_eq(pipe(ends), 0);
    carrier_make_pair(CARRIER_PIPE, links);
    open_both(ends, links);
    carrier_sent(A, ends[1]);
    int copy = dup(ends[1]);
    carrier_opened(B, copy, carrier_received(B, copy));
    cr_expect(passes(copy, ends[0]));
}

Test(carrier, before_there_are_threads_nothing_begins_an_epoch)
{
    int fd = eventfd(0, 0);
    observing.races = RACES_WANTED;
    stamp_t before = A->clock.now;
    carrier_opened(A, fd, carrier_make_one(CARRIER_PIPE));
    carrier_closing(A, fd);
    cr_expect_eq(A->clock.now, before);
}
