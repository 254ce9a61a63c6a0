/* A number is closed by who does not own it any more: it is under a stream, or its new owner's call
fails then.
// expect: stale-close severity=error function=close_under_stream role=here
// expect: stale-close count=1 confidence=certain function=open_stream role=opened
// expect: stale-close function=close_under_stream role=here text=belongs_to_a_stream
// expect: handle-leak function=open_stream role=opened
// expect: stale-close count=1 confidence=likely function=owner_writes role=here
// expect: stale-close count=1 confidence=likely function=first_owner_closes role=closed
// expect: stale-close count=1 confidence=likely function=first_owner_closes role=closed
// expect: stale-close count=1 confidence=likely function=open_second role=opened
// expect: stale-close count=1 confidence=likely function=open_second role=opened
// expect: stale-close confidence=likely function=open_first role=former text=closed_it_once_more
// expect: stale-close confidence=likely function=open_first role=former text=closed_it_once_more
// expect: stale-close count=1 confidence=likely function=owner_closes role=here
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int first, second;

static void check(int fine)
{
    if (!fine)
        abort();
}

__attribute__((noinline)) static FILE *open_stream(void)
{
    FILE *stream = fopen("/dev/null", "r");
    __asm__ volatile("");
    return stream;
}

__attribute__((noinline)) static void close_under_stream(FILE *stream)
{
    check(close(fileno(stream)) == 0);
}

__attribute__((noinline)) static void open_first(void)
{
    first = open("/dev/null", O_WRONLY);
    __asm__ volatile("");
}

__attribute__((noinline)) static void open_second(void)
{
    second = open("/dev/zero", O_WRONLY);
    __asm__ volatile("");
}

/* Runs twice: the second time the number is another's. */
__attribute__((noinline)) static void first_owner_closes(void)
{
    check(close(first) == 0);
}

__attribute__((noinline)) static void owner_writes(void)
{
    check(write(second, "x", 1) == -1 && errno == EBADF);
}

__attribute__((noinline)) static void owner_closes(void)
{
    check(close(second) == -1 && errno == EBADF);
}

int main(void)
{
    FILE *stream = open_stream();
    close_under_stream(stream);
    open_first();
    for (volatile int i = 0; i < 2; i++) {
        first_owner_closes();
        if (i == 0)
            open_second();
    }
    check(first == second);
    owner_writes();
    owner_closes();
    return 0;
}
