/* Closing everything, as daemons and whoever starts programs do: loops up and down over numbers
that
// mostly were never open, some of them closed before, and the calls made for it.
// expect: none
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d\n", __LINE__);                                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static int open_some(void)
{
    int first = open("/dev/null", O_RDONLY);
    for (int i = 0; i < 5; i++)
        CHECK(open("/dev/null", O_RDONLY) >= 0);
    return first;
}

__attribute__((noinline)) static void upwards(int from)
{
    for (int fd = from; fd < 300; fd++)
        close(fd);
}

__attribute__((noinline)) static void downwards(int to)
{
    for (int fd = 300; fd >= to; fd--)
        close(fd);
}

/* All but one, as when a pipe is kept for a child. */
__attribute__((noinline)) static void but_one(int from, int keep)
{
    for (int fd = from; fd < 300; fd++)
        if (fd != keep)
            close(fd);
}

int main(void)
{
    int first = open_some();
    upwards(first);
    upwards(first); /* now the first six were open once */
    first = open_some();
    downwards(first);
    first = open_some();
    but_one(first, first + 2);
    CHECK(close(first + 2) == 0);
    first = open_some();
    CHECK(close_range((unsigned)first, ~0u, 0) == 0);
    first = open_some();
    closefrom(first);
    first = open_some();
    CHECK(close_range((unsigned)first, (unsigned)first + 3, CLOSE_RANGE_CLOEXEC) == 0);
    CHECK(close_range(9, 8, 0) == -1); /* closes nothing */
    CHECK(fcntl(first, F_GETFD) == FD_CLOEXEC && fcntl(first + 4, F_GETFD) == 0);
    for (int i = 0; i < 6; i++)
        CHECK(close(first + i) == 0);
    return 0;
}
