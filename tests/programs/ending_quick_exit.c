/* quick_exit's own handlers run before the last look, exit's do not run at all.
// status: 8
// expect: fd-leak count=1 name=/etc/group function=main
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended status=8
*/
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int by_quick, by_exit;

static void quick(void)
{
    close(by_quick);
}

static void slow(void)
{
    close(by_exit);
}

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    lose();
    at_quick_exit(quick);
    atexit(slow);
    by_quick = open("/etc/passwd", O_RDONLY);
    by_exit = open("/etc/group", O_RDONLY);
    quick_exit(8);
}
