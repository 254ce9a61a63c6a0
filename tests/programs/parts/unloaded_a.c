/* A module of stack_unloaded.c. */
#include <fcntl.h>

int leak_in_a(void);

static __attribute__((noinline)) int inner_of_a(void)
{
    int fd = open("/dev/null", O_RDONLY);
    __asm__ volatile("");
    return fd;
}

int leak_in_a(void)
{
    int fd = inner_of_a();
    __asm__ volatile("");
    return fd;
}
