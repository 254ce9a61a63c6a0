/* The scan needs descriptors; a program that used up all of its own must not go unscanned.
// options: --handles=off
// build: -O0
// expect: memory-leak count=1 bytes=444 leak=direct function=lose
*/
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void lose(void)
{
    void *volatile lost = malloc(444);
    memset(lost, 0, 444);
}

static void clear(void)
{
    volatile char room[16384];
    memset((char *)room, 0, sizeof room);
}

int main(void)
{
    struct rlimit limit = {.rlim_cur = 64, .rlim_max = 128};
    setrlimit(RLIMIT_NOFILE, &limit);
    lose();
    clear();
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
    return 0;
}
