/* What passes through pipes, FIFOs, socket pairs, events, timers and duplicates of them; ends; the
// number of a descriptor.
// expect: data-race count=14 function=touch role=here
*/
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include "parts/edges.h"

static int in, out;

static void make_pipe(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    in = ends[0];
    out = ends[1];
}

static void put(void)
{
    CHECK(write(out, "12345678", 8) == 8);
}

static void get(void)
{
    char bytes[8];
    CHECK(read(in, bytes, 8) == 8);
    close(in);
    close(out);
}

static void put_parts(void)
{
    struct iovec parts[2] = {{"1234", 4}, {"5678", 4}};
    CHECK(writev(out, parts, 2) == 8);
}

static void get_parts(void)
{
    char a[4], b[4];
    struct iovec parts[2] = {{a, 4}, {b, 4}};
    CHECK(readv(in, parts, 2) == 8);
    close(in);
    close(out);
}

static void make_duplicates(void)
{
    make_pipe();
    int copy = dup(in), other = fcntl(out, F_DUPFD, 100);
    close(in);
    close(out);
    in = copy;
    out = dup2(other, 90);
    CHECK(out == 90);
    close(other);
}

static void make_fifo(void)
{
    CHECK(mkfifo("fifo", 0600) == 0);
    in = open("fifo", O_RDONLY | O_NONBLOCK);
    out = open("fifo", O_WRONLY);
    CHECK(in >= 0 && out >= 0);
}

static void make_sockets(void)
{
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    in = ends[0];
    out = ends[1];
}

static void put_message(void)
{
    struct iovec part = {"12345678", 8};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    CHECK(sendmsg(out, &message, 0) == 8);
}

static void get_message(void)
{
    char bytes[8];
    struct iovec part = {bytes, 8};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    CHECK(recvmsg(in, &message, 0) == 8);
    close(in);
    close(out);
}

static void make_event(void)
{
    in = eventfd(0, 0);
    out = dup(in);
}

static void put_event(void)
{
    CHECK(eventfd_write(out, 1) == 0);
}

static void get_event(void)
{
    eventfd_t value;
    CHECK(eventfd_read(in, &value) == 0);
    close(in);
    close(out);
}

static void make_timer(void)
{
    in = timerfd_create(CLOCK_MONOTONIC, 0);
    out = dup(in);
}

static void set_timer(void)
{
    struct itimerspec soon = {.it_value.tv_nsec = 1};
    CHECK(timerfd_settime(out, 0, &soon, NULL) == 0);
}

static void end_pipe(void)
{
    close(out);
}

static void see_end(void)
{
    char byte;
    CHECK(read(in, &byte, 1) == 0);
    close(in);
}

static void end_socket(void)
{
    CHECK(shutdown(out, SHUT_WR) == 0);
}

static void see_end_of_socket(void)
{
    see_end();
    close(out);
}

static void make_number(void)
{
    in = open("/dev/null", O_RDONLY);
}

static void give_number(void)
{
    close(in);
}

static void take_number(void)
{
    int fd = eventfd(0, 0);
    CHECK(fd == in);
    close(fd);
}

static void give_number_over(void)
{
    close(in);
}

static void take_number_by_dup(void)
{
    int fd = dup(1);
    CHECK(fd == in);
    close(fd);
}

static int file;

static void make_splice(void)
{
    make_pipe();
    file = open("data", O_RDWR | O_CREAT, 0600);
    CHECK(write(file, "12345678", 8) == 8);
}

static void put_file(void)
{
    off_t at = 0;
    CHECK(sendfile(out, file, &at, 8) == 8);
}

static void get_file(void)
{
    loff_t at = 0;
    CHECK(splice(in, NULL, file, &at, 8, 0) == 8);
    close(in);
    close(out);
    close(file);
}

static void make_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    in = signalfd(-1, &set, 0);
}

static void send_signal(void)
{
    kill(getpid(), SIGUSR1);
}

static void see_signal(void)
{
    struct signalfd_siginfo info;
    CHECK(read(in, &info, sizeof info) == sizeof info);
    close(in);
}

int main(int argc, char **argv)
{
    only = argv[1];
    run_edge("pipe", make_pipe, put, get);
    run_edge("parts", make_pipe, put_parts, get_parts);
    run_edge("duplicates", make_duplicates, put, get);
    run_edge("fifo", make_fifo, put, get);
    run_edge("sockets", make_sockets, put, get);
    run_edge("message", make_sockets, put_message, get_message);
    run_edge("event", make_event, put_event, get_event);
    run_edge("timer", make_timer, set_timer, get);
    run_edge("end", make_pipe, end_pipe, see_end);
    run_edge("shutdown", make_sockets, end_socket, see_end_of_socket);
    run_edge("number", make_number, give_number, take_number);
    run_edge("number-dup", make_number, give_number_over, take_number_by_dup);
    run_edge("splice", make_splice, put_file, get_file);
    run_edge("signal", make_signals, send_signal, see_signal);
    return 0;
}
