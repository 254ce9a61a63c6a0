/* Printed, and lost by _exit: to a file, as wide characters, and to stdout, whose buffer a fork's
   child has too.
// build: -fno-ipa-icf
// expect: unflushed-stream count=1 bytes=5 function=ends role=here
// expect: unflushed-stream function=opens role=opened bytes=5 name=out
// expect: unflushed-stream function=opens_wide role=opened bytes=4 name=wide
// expect: unflushed-stream bytes=7 name=stdout program=unflushed_exit function=ends role=here
// expect: unflushed-stream bytes=3 name=stdout program=unflushed_exit function=child_ends role=here
// expect: handle-leak function=opens
// expect: handle-leak function=opens_wide
*/
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

__attribute__((noinline)) static void opens(void)
{
    FILE *file = fopen("out", "w");
    fputs("never", file);
}

__attribute__((noinline)) static void opens_wide(void)
{
    FILE *file = fopen("wide", "w");
    fputws(L"lost", file);
}

__attribute__((noinline)) static void ends(void)
{
    _exit(0);
}

__attribute__((noinline)) static void child_ends(void)
{
    _exit(0);
}

int main(void)
{
    printf("printed");
    if (fork() == 0) {
        printf("..."); /* its own; the rest is its parent's */
        child_ends();
    }
    wait(NULL);
    opens();
    opens_wide();
    ends();
}
