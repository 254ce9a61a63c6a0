/* A module of stack_unloaded.c. */
#include <fcntl.h>

int leak_in_b(void);

static __attribute__((noinline)) int inner_of_b(void)
{
    int fd = open("/dev/null", O_RDONLY);
    __asm__ volatile("");
    return fd;
}

int leak_in_b(void)
{
    int fd = inner_of_b();
    __asm__ volatile("");
    return fd;
}
