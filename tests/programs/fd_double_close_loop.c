/* A cleanup that runs twice closes neighbouring numbers in a loop, but all of them were open once:
// that is no sweep.
// expect: double-close count=4 function=cleanup role=here
*/
#include <fcntl.h>
#include <unistd.h>

static int fds[4];

__attribute__((noinline)) static void cleanup(void)
{
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    __asm__ volatile("");
}

__attribute__((noinline)) static void once(void)
{
    cleanup();
    __asm__ volatile("");
}

__attribute__((noinline)) static void again(void)
{
    cleanup();
    __asm__ volatile("");
}

int main(void)
{
    for (int i = 0; i < 4; i++)
        fds[i] = open("/dev/null", O_RDONLY);
    once();
    again();
    return 0;
}
