/* The last look comes after all handlers and destructors: what they close is no leak.
// status: 3
// expect: fd-leak count=1 role=opened function=main name=/etc/group
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended status=3 ending=exit_status_3
*/
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int by_handler, by_destructor, by_late_handler;

static void late(void)
{
    close(by_late_handler);
}

static void handler(void)
{
    close(by_handler);
    atexit(late);
}

__attribute__((destructor)) static void destructor(void)
{
    close(by_destructor);
}

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    lose();
    atexit(handler);
    by_handler = open("/etc/passwd", O_RDONLY);
    by_destructor = open("/etc/passwd", O_RDONLY);
    by_late_handler = open("/etc/passwd", O_RDONLY);
    open("/etc/group", O_RDONLY);
    return 3;
}
