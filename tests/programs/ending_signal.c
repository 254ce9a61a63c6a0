/* SIGTERM by default action: the last look, then death by that signal.
// signal: TERM
// status: 143
// expect: fd-leak count=1 function=main
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended signal=15 ending=ended_by
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    lose();
    open("/etc/passwd", O_RDONLY);
    printf("ready\n");
    fflush(stdout);
    for (;;)
        pause();
}
