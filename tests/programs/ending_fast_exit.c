/* _exit runs no handlers: what only they would close is left behind.
// status: 5
// expect: fd-leak count=1 function=main role=opened
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended status=5 ending=exit_status_5
*/
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int fd;

static void never(void)
{
    close(fd);
}

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    lose();
    atexit(never);
    fd = open("/etc/passwd", O_RDONLY);
    _exit(5);
}
