/* _exit runs no handlers: what only they would close is left behind.
// status: 5
// expect: fd-leak count=1 function=main role=opened
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

int main(void)
{
    atexit(never);
    fd = open("/etc/passwd", O_RDONLY);
    _exit(5);
}
