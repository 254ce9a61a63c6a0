/* What programs that run until they are told to end hold for life: a log, a listening socket, an
event loop. One of each, so that it is a note.
// expect: fd-leak severity=note count=1 function=open_log role=opened
// expect: fd-leak severity=note count=1 function=open_loop role=opened
// expect: fd-leak severity=note count=1 function=open_listener role=opened
// expect: fd-leak severity=note count=2 function=open_wake_up role=opened
// expect: fd-leak severity=warning count=1 function=open_to_child role=opened
// expect: fd-leak severity=warning count=5 function=open_logs role=opened
*/
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int check(int fd)
{
    if (fd < 0)
        abort();
    return fd;
}

__attribute__((noinline)) static void open_log(void)
{
    check(open("log", O_WRONLY | O_CREAT | O_APPEND, 0600));
}

__attribute__((noinline)) static void open_logs(void)
{
    check(open("log", O_WRONLY | O_APPEND));
}

__attribute__((noinline)) static void open_loop(void)
{
    check(epoll_create1(EPOLL_CLOEXEC));
}

__attribute__((noinline)) static void open_listener(void)
{
    check(listen(check(socket(AF_INET, SOCK_STREAM, 0)), 5));
}

__attribute__((noinline)) static void open_wake_up(void)
{
    int ends[2];
    check(pipe(ends));
}

/* One end is forgotten. */
__attribute__((noinline)) static void open_to_child(void)
{
    int ends[2];
    check(pipe(ends));
    close(ends[0]);
}

static void told(int unused)
{
    (void)unused;
}

int main(void)
{
    signal(SIGTERM, told);
    raise(SIGTERM);
    open_wake_up();
    open_to_child();
    open_log();
    open_loop();
    open_listener();
    for (volatile int i = 0; i < 5; i++)
        open_logs();
    unlink("log");
    return 0;
}
